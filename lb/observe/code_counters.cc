// Appending to the chunk list: a key and its counter are complete before the release store that shows them.
#include "lb/observe/code_counters.h"

namespace lb::observe {

SparseCounters::~SparseCounters() {
  Chunk* chunk = first_.next.load(std::memory_order_relaxed);
  while (chunk != nullptr) {
    Chunk* next = chunk->next.load(std::memory_order_relaxed);
    delete chunk;
    chunk = next;
  }
}

void SparseCounters::add(std::uint32_t key, std::uint64_t amount) {
  Chunk* chunk = &first_;
  while (true) {
    const std::uint32_t used = chunk->used.load(std::memory_order_relaxed);
    for (std::uint32_t i = 0; i < used; ++i) {
      if (chunk->entries[i].key == key) return chunk->entries[i].value.add(amount);
    }
    if (used < Chunk::kEntries) {
      chunk->entries[used].key = key;
      chunk->entries[used].value.set(amount);
      chunk->used.store(used + 1, std::memory_order_release);
      return;
    }
    Chunk* next = chunk->next.load(std::memory_order_relaxed);
    if (next == nullptr) {
      next = new Chunk();  // owned by the list, deleted by the destructor
      chunk->next.store(next, std::memory_order_release);
    }
    chunk = next;
  }
}

}  // namespace lb::observe
