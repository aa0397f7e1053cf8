// Fixed blocks of memory for bytes in flight, recycled through a free list. One pool a worker; not shared by threads.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lb::buf {

class BlockPool;

// Reference-counted, so that one block can stand in several buffers. Bytes below `filled` are claimed and never change;
// a buffer whose last slice ends at `filled` may claim more.
struct Block {
  static constexpr std::size_t kBytes = 16 * 1024 - 24;  // with its header, four pages
  BlockPool* pool;
  Block* next_free;
  std::uint32_t references;
  std::uint32_t filled;
  std::byte data[kBytes];
};

class BlockPool {
 public:
  struct Limits {
    std::size_t free_max = 256;  // blocks kept for reuse; more go back to the system
  };
  explicit BlockPool(Limits limits);
  BlockPool() : BlockPool(Limits{}) {}
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;
  ~BlockPool();  // REQUIRES: every block came back

  [[nodiscard]] Block* take();  // one reference, nothing filled
  void release(Block* block);   // drops one reference
  [[nodiscard]] std::size_t blocksInUse() const { return in_use_; }
  [[nodiscard]] std::size_t blocksFree() const { return free_; }

 private:
  Limits limits_;
  Block* free_list_ = nullptr;
  std::size_t free_ = 0;
  std::size_t in_use_ = 0;
};

}  // namespace lb::buf
