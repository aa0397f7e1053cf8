#include "lb/buf/buffer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "lb/base/check.h"

// A reservation claims all the rest of its blocks (filled = kBytes), so that no other buffer that shares one of them
// can write there; settling it sets `filled` back to what was really used. Slices are never empty, but for reserved
// ones.

namespace lb::buf {
namespace {

// Smaller pieces are copied behind what is there: sharing would let a piece of a few bytes hold a whole block, and a
// peer that sends byte by byte hold memory without bound. So a buffer holds at most about four times its size.
constexpr std::size_t kCopyMax = 4096;
constexpr std::size_t kGoneMax = 32;  // slots of consumed slices tolerated at the front before they are squeezed out

}  // namespace

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  if (this == &other) return *this;
  clear();
  pool_ = other.pool_;
  chain_ = std::exchange(other.chain_, nullptr);
  return *this;
}

Chain& Buffer::chain() {
  if (chain_ == nullptr) chain_ = pool_->takeChain();
  return *chain_;
}

void Buffer::settle() {
  if (chain_->size == 0) pool_->giveBack(std::exchange(chain_, nullptr));
}

std::span<const Space> Buffer::reserve(std::size_t wish, SpaceArray& storage) {
  unreserve();
  Chain& chain = this->chain();
  wish = std::max<std::size_t>(wish, 1);
  std::size_t room = 0;
  std::size_t pieces = 0;
  if (chain.size > 0) {
    Slice& last = chain.slices.back();
    if (last.end == last.block->filled && last.end < Block::kBytes) {
      storage[pieces++] = Space{last.block->data + last.end, Block::kBytes - last.end};
      room = Block::kBytes - last.end;
      last.block->filled = Block::kBytes;
    }
  }
  while (room < wish && pieces < kPiecesMax) {
    Block* block = pool_->take();
    block->filled = Block::kBytes;
    chain.slices.push_back({block, 0, 0});
    storage[pieces++] = Space{block->data, Block::kBytes};
    room += Block::kBytes;
  }
  chain.reserved = pieces;
  return {storage.data(), pieces};
}

void Buffer::commit(std::size_t bytes) {
  Chain& chain = this->chain();
  const std::size_t begin = chain.slices.size() - chain.reserved;
  for (std::size_t i = begin; i < chain.slices.size(); ++i) {
    Slice& slice = chain.slices[i];
    const std::size_t taken = std::min(bytes, Block::kBytes - slice.end);
    slice.end += static_cast<std::uint32_t>(taken);
    slice.block->filled = slice.end;
    bytes -= taken;
    chain.size += taken;
  }
  LB_CHECK(bytes == 0);
  for (; chain.reserved > 0; --chain.reserved) {
    const Slice& slice = chain.slices.back();
    if (slice.begin != slice.end) break;
    pool_->release(slice.block);
    chain.slices.pop_back();
  }
  chain.reserved = 0;
  settle();
}

void Buffer::append(std::string_view bytes) {
  unreserve();
  if (bytes.empty()) return;
  Chain& chain = this->chain();
  while (!bytes.empty()) {
    if (chain.size == 0 || chain.slices.back().end != chain.slices.back().block->filled ||
        chain.slices.back().end == Block::kBytes) {
      pushShared(pool_->take(), 0, 0);
    }
    Slice& last = chain.slices.back();
    const std::size_t taken = std::min(bytes.size(), Block::kBytes - last.end);
    std::memcpy(last.block->data + last.end, bytes.data(), taken);
    last.end += static_cast<std::uint32_t>(taken);
    last.block->filled = last.end;
    chain.size += taken;
    bytes.remove_prefix(taken);
  }
}

void Buffer::append(Bytes bytes) {
  append(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

std::span<const Bytes> Buffer::slices(BytesArray& storage) const {
  std::size_t pieces = 0;
  if (chain_ == nullptr) return {};
  for (std::size_t i = chain_->first; i < chain_->slices.size() && pieces < kPiecesMax; ++i) {
    const Slice& slice = chain_->slices[i];
    if (slice.begin == slice.end) break;  // reserved, and so are all that follow
    storage[pieces++] = Bytes{slice.block->data + slice.begin, slice.end - slice.begin};
  }
  return {storage.data(), pieces};
}

std::string_view Buffer::front() const {
  if (empty()) return {};
  const Slice& slice = chain_->slices[chain_->first];
  return {reinterpret_cast<const char*>(slice.block->data) + slice.begin, slice.end - slice.begin};
}

void Buffer::consume(std::size_t bytes) {
  LB_CHECK(bytes <= size());
  unreserve();
  if (bytes == 0) return;
  Chain& chain = *chain_;
  chain.size -= bytes;
  while (bytes > 0) {
    Slice& slice = chain.slices[chain.first];
    const std::size_t taken = std::min<std::size_t>(bytes, slice.end - slice.begin);
    slice.begin += static_cast<std::uint32_t>(taken);
    bytes -= taken;
    if (slice.begin == slice.end) {
      pool_->release(slice.block);
      ++chain.first;
    }
  }
  settle();
}

bool Buffer::endsAt(const Block* block, std::uint32_t begin) const {
  return !empty() && chain_->slices.back().block == block && chain_->slices.back().end == begin;
}

bool Buffer::copiesFrom(const Slice& slice, std::size_t bytes) const {
  return bytes < kCopyMax && !empty() && !endsAt(slice.block, slice.begin);
}

void Buffer::moveTo(Buffer& to, std::size_t bytes) {
  LB_CHECK(bytes <= size() && &to != this && to.pool_ == pool_);
  unreserve();
  to.unreserve();
  if (bytes == 0) return;
  Chain& chain = *chain_;
  if (bytes == chain.size && to.chain_ == nullptr) {
    std::swap(chain_, to.chain_);
    return;
  }
  chain.size -= bytes;
  while (bytes > 0) {
    Slice& slice = chain.slices[chain.first];
    const std::size_t taken = std::min<std::size_t>(bytes, slice.end - slice.begin);
    const auto end = slice.begin + static_cast<std::uint32_t>(taken);
    if (to.copiesFrom(slice, taken)) {
      to.append(Bytes(slice.block->data + slice.begin, taken));
      slice.begin = end;
      if (end == slice.end) {
        pool_->release(slice.block);
        ++chain.first;
      }
    } else if (end == slice.end) {
      to.pushShared(slice.block, slice.begin, end);
      ++chain.first;
    } else {
      ++slice.block->references;
      to.pushShared(slice.block, slice.begin, end);
      slice.begin = end;
    }
    bytes -= taken;
  }
  settle();
}

void Buffer::shareTo(Buffer& to, std::size_t bytes) const {
  LB_CHECK(bytes <= size() && &to != this && to.pool_ == pool_);
  to.unreserve();
  for (std::size_t i = chain_ == nullptr ? 0 : chain_->first; bytes > 0; ++i) {
    const Slice& slice = chain_->slices[i];
    const std::size_t taken = std::min<std::size_t>(bytes, slice.end - slice.begin);
    if (to.copiesFrom(slice, taken)) {
      to.append(Bytes(slice.block->data + slice.begin, taken));
    } else {
      ++slice.block->references;
      to.pushShared(slice.block, slice.begin, slice.begin + static_cast<std::uint32_t>(taken));
    }
    bytes -= taken;
  }
}

void Buffer::clear() {
  unreserve();
  if (chain_ == nullptr) return;
  Chain& chain = *chain_;
  for (std::size_t i = chain.first; i < chain.slices.size(); ++i) pool_->release(chain.slices[i].block);
  chain.size = chain.reserved = 0;
  settle();
}

std::string Buffer::toString() const {
  std::string text;
  if (chain_ == nullptr) return text;
  text.reserve(chain_->size);
  for (std::size_t i = chain_->first; i < chain_->slices.size(); ++i) {
    const Slice& slice = chain_->slices[i];
    text.append(reinterpret_cast<const char*>(slice.block->data) + slice.begin, slice.end - slice.begin);
  }
  return text;
}

void Buffer::pushShared(Block* block, std::uint32_t begin, std::uint32_t end) {
  Chain& chain = this->chain();
  if (endsAt(block, begin)) {
    chain.size += end - begin;
    chain.slices.back().end = end;  // contiguous with what is here already: one reference is enough
    pool_->release(block);
    return;
  }
  chain.size += end - begin;
  if (chain.first >= kGoneMax && chain.first * 2 >= chain.slices.size()) {
    chain.slices.erase(chain.slices.begin(), chain.slices.begin() + static_cast<std::ptrdiff_t>(chain.first));
    chain.first = 0;
  }
  chain.slices.push_back({block, begin, end});
}

}  // namespace lb::buf
