// Fixed blocks of memory for bytes in flight, and the chains that buffers make of them, recycled through free lists.
// One pool a worker; not shared by threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lb::buf {

class BlockPool;

// Reference-counted, so that one block can stand in several buffers. Bytes below `filled` are claimed and never change;
// a buffer whose last slice ends at `filled` may claim more. The data begins with a cache line: the system copies to
// and from there, and copies to crooked places are slow.
struct alignas(64) Block {
  static constexpr std::size_t kBytes = 16 * 1024 - 64;  // with its header, four pages
  BlockPool* pool;
  Block* next_free;
  std::uint32_t references;
  std::uint32_t filled;
  alignas(64) std::byte data[kBytes];
};

struct Slice {
  Block* block;
  std::uint32_t begin;
  std::uint32_t end;
};

// What a buffer that is not empty holds; an idle connection's buffers hold none.
struct Chain {
  Chain* next_free = nullptr;
  std::vector<Slice> slices;
  std::size_t first = 0;     // slices[0, first) are gone
  std::size_t reserved = 0;  // slices at the end that reserve() added or extended and commit() settles
  std::size_t size = 0;      // bytes
};

class BlockPool {
 public:
  struct Limits {
    std::size_t free_max = 256;          // blocks kept for reuse; more go back to the system
    std::size_t chains_free_max = 1024;  // likewise
  };
  explicit BlockPool(Limits limits);
  BlockPool() : BlockPool(Limits{}) {}
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;
  ~BlockPool();  // REQUIRES: every block came back

  [[nodiscard]] Block* take();       // one reference, nothing filled
  void release(Block* block);        // drops one reference
  [[nodiscard]] Chain* takeChain();  // empty
  void giveBack(Chain* chain);       // REQUIRES: empty
  [[nodiscard]] std::size_t blocksInUse() const { return in_use_; }
  [[nodiscard]] std::size_t blocksFree() const { return free_; }

 private:
  Limits limits_;
  Block* free_list_ = nullptr;
  std::size_t free_ = 0;
  std::size_t in_use_ = 0;
  Chain* free_chains_ = nullptr;
  std::size_t chains_free_ = 0;
};

}  // namespace lb::buf
