// In a file of its own, so that the compiler does not see through one half of a pair of new and delete.
#include "unit/observe/allocations.h"

#include <cstdlib>
#include <new>

namespace {
thread_local std::size_t allocation_count = 0;
}  // namespace

void* operator new(std::size_t size) {
  ++allocation_count;
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
// The library asks by this one, too (std::stable_sort), and gives back by the one below.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocation_count;
  return std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

std::size_t lb::observe::allocationCount() {
  return allocation_count;
}
