// A queue of bytes as a chain of slices over shared blocks. Bytes move between buffers without being copied.
//
// An empty buffer holds no block and no chain. All buffers that exchange bytes use one BlockPool, which outlives them.
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "lb/buf/block_pool.h"
#include "lb/env/stream.h"

namespace lb::buf {

class Buffer {
 public:
  static constexpr std::size_t kPiecesMax = 16;  // spaces or slices offered to one read or write
  using SpaceArray = std::array<Space, kPiecesMax>;
  using BytesArray = std::array<Bytes, kPiecesMax>;

  explicit Buffer(BlockPool& pool) : pool_(&pool) {}
  Buffer(Buffer&& other) noexcept : pool_(other.pool_), chain_(std::exchange(other.chain_, nullptr)) {}
  Buffer& operator=(Buffer&& other) noexcept;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { clear(); }

  [[nodiscard]] std::size_t size() const { return chain_ == nullptr ? 0 : chain_->size; }
  [[nodiscard]] bool empty() const { return size() == 0; }
  // How much more is welcome in a buffer whose filling stops above `high`. Large pieces cost less, so it is several
  // times that while the buffer is empty, for then whoever takes from it keeps pace, and while the pool has little in
  // use, so that many receivers who stop at once are left with little. Else it is what is missing to `high`.
  [[nodiscard]] std::size_t roomBelow(std::size_t high) const {
    constexpr std::size_t kLittle = 32;  // blocks: half a mebibyte
    if (!empty()) return high - std::min(high, size());
    return (pool_->blocksInUse() < kLittle ? 4 : 2) * high;
  }

  // Room for at least one and about `wish` bytes at the end, for one read. The spaces are valid until the next call of
  // anything but commit, which takes over the first `bytes` of them and gives unused blocks back.
  [[nodiscard]] std::span<const Space> reserve(std::size_t wish, SpaceArray& storage);
  void commit(std::size_t bytes);

  void append(std::string_view bytes);  // copies
  void append(Bytes bytes);
  [[nodiscard]] std::span<const Bytes> slices(BytesArray& storage) const;  // the first kPiecesMax, for one write
  [[nodiscard]] std::string_view front() const;  // the first contiguous piece; empty only if the buffer is
  void consume(std::size_t bytes);               // REQUIRES: bytes <= size()
  void moveTo(Buffer& to,
              std::size_t bytes);  // to its end; large pieces are shared, not copied; REQUIRES: bytes <= size()
  void moveTo(Buffer& to) { moveTo(to, size()); }
  void shareTo(Buffer& to, std::size_t bytes) const;  // as moveTo, but the bytes also stay here
  void clear();
  [[nodiscard]] std::string toString() const;  // copies; for tests and small bodies

 private:
  [[nodiscard]] Chain& chain();  // this buffer's; takes one if there is none
  void settle();                 // gives the chain back if it is used up
  void unreserve() {             // what was reserved and not committed is not wanted
    if (chain_ != nullptr && chain_->reserved > 0) commit(0);
  }
  [[nodiscard]] bool endsAt(const Block* block, std::uint32_t begin) const;
  [[nodiscard]] bool copiesFrom(const Slice& slice, std::size_t bytes) const;
  void pushShared(Block* block, std::uint32_t begin, std::uint32_t end);  // takes over one reference

  BlockPool* pool_;
  Chain* chain_ = nullptr;
};

}  // namespace lb::buf
