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

Buffer::Buffer(Buffer&& other) noexcept
    : pool_(other.pool_),
      slices_(std::move(other.slices_)),
      first_(std::exchange(other.first_, 0)),
      reserved_(std::exchange(other.reserved_, 0)),
      size_(std::exchange(other.size_, 0)) {
  other.slices_.clear();
}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  if (this == &other) return *this;
  clear();
  pool_ = other.pool_;
  slices_.swap(other.slices_);  // not moved: both keep their memory
  first_ = std::exchange(other.first_, 0);
  reserved_ = std::exchange(other.reserved_, 0);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

std::span<const Space> Buffer::reserve(std::size_t wish, SpaceArray& storage) {
  if (reserved_ > 0) commit(0);
  wish = std::max<std::size_t>(wish, 1);
  std::size_t room = 0;
  std::size_t pieces = 0;
  if (!empty()) {
    Slice& last = slices_.back();
    if (last.end == last.block->filled && last.end < Block::kBytes) {
      storage[pieces++] = Space{last.block->data + last.end, Block::kBytes - last.end};
      room = Block::kBytes - last.end;
      last.block->filled = Block::kBytes;
    }
  }
  while (room < wish && pieces < kPiecesMax) {
    Block* block = pool_->take();
    block->filled = Block::kBytes;
    slices_.push_back({block, 0, 0});
    storage[pieces++] = Space{block->data, Block::kBytes};
    room += Block::kBytes;
  }
  reserved_ = pieces;
  return {storage.data(), pieces};
}

void Buffer::commit(std::size_t bytes) {
  const std::size_t begin = slices_.size() - reserved_;
  for (std::size_t i = begin; i < slices_.size(); ++i) {
    Slice& slice = slices_[i];
    const std::size_t taken = std::min(bytes, Block::kBytes - slice.end);
    slice.end += static_cast<std::uint32_t>(taken);
    slice.block->filled = slice.end;
    bytes -= taken;
    size_ += taken;
  }
  LB_CHECK(bytes == 0);
  for (; reserved_ > 0; --reserved_) {
    const Slice& slice = slices_.back();
    if (slice.begin != slice.end) break;
    pool_->release(slice.block);
    slices_.pop_back();
  }
  reserved_ = 0;
}

void Buffer::append(std::string_view bytes) {
  if (reserved_ > 0) commit(0);
  while (!bytes.empty()) {
    if (empty() || slices_.back().end != slices_.back().block->filled || slices_.back().end == Block::kBytes) {
      pushShared(pool_->take(), 0, 0);
    }
    Slice& last = slices_.back();
    const std::size_t taken = std::min(bytes.size(), Block::kBytes - last.end);
    std::memcpy(last.block->data + last.end, bytes.data(), taken);
    last.end += static_cast<std::uint32_t>(taken);
    last.block->filled = last.end;
    size_ += taken;
    bytes.remove_prefix(taken);
  }
}

void Buffer::append(Bytes bytes) {
  append(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

std::span<const Bytes> Buffer::slices(BytesArray& storage) const {
  std::size_t pieces = 0;
  for (std::size_t i = first_; i < slices_.size() && pieces < kPiecesMax; ++i) {
    const Slice& slice = slices_[i];
    if (slice.begin == slice.end) break;  // reserved, and so are all that follow
    storage[pieces++] = Bytes{slice.block->data + slice.begin, slice.end - slice.begin};
  }
  return {storage.data(), pieces};
}

std::string_view Buffer::front() const {
  if (empty()) return {};
  const Slice& slice = slices_[first_];
  return {reinterpret_cast<const char*>(slice.block->data) + slice.begin, slice.end - slice.begin};
}

void Buffer::consume(std::size_t bytes) {
  LB_CHECK(bytes <= size_);
  if (reserved_ > 0) commit(0);
  size_ -= bytes;
  while (bytes > 0) {
    Slice& slice = slices_[first_];
    const std::size_t taken = std::min<std::size_t>(bytes, slice.end - slice.begin);
    slice.begin += static_cast<std::uint32_t>(taken);
    bytes -= taken;
    if (slice.begin == slice.end) {
      pool_->release(slice.block);
      ++first_;
    }
  }
  if (first_ == slices_.size()) {
    slices_.clear();
    first_ = 0;
  }
}

bool Buffer::endsAt(const Block* block, std::uint32_t begin) const {
  return first_ < slices_.size() && slices_.back().block == block && slices_.back().end == begin;
}

bool Buffer::copiesFrom(const Slice& slice, std::size_t bytes) const {
  return bytes < kCopyMax && !empty() && !endsAt(slice.block, slice.begin);
}

void Buffer::moveTo(Buffer& to, std::size_t bytes) {
  LB_CHECK(bytes <= size_ && &to != this && to.pool_ == pool_);
  if (reserved_ > 0) commit(0);
  if (to.reserved_ > 0) to.commit(0);
  size_ -= bytes;
  while (bytes > 0) {
    Slice& slice = slices_[first_];
    const std::size_t taken = std::min<std::size_t>(bytes, slice.end - slice.begin);
    const auto end = slice.begin + static_cast<std::uint32_t>(taken);
    if (to.copiesFrom(slice, taken)) {
      to.append(Bytes(slice.block->data + slice.begin, taken));
      slice.begin = end;
      if (end == slice.end) {
        pool_->release(slice.block);
        ++first_;
      }
    } else if (end == slice.end) {
      to.pushShared(slice.block, slice.begin, end);
      ++first_;
    } else {
      ++slice.block->references;
      to.pushShared(slice.block, slice.begin, end);
      slice.begin = end;
    }
    bytes -= taken;
  }
  if (first_ == slices_.size()) {
    slices_.clear();
    first_ = 0;
  }
}

void Buffer::shareTo(Buffer& to, std::size_t bytes) const {
  LB_CHECK(bytes <= size_ && &to != this && to.pool_ == pool_);
  if (to.reserved_ > 0) to.commit(0);
  for (std::size_t i = first_; bytes > 0; ++i) {
    const Slice& slice = slices_[i];
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
  if (reserved_ > 0) commit(0);
  for (std::size_t i = first_; i < slices_.size(); ++i) pool_->release(slices_[i].block);
  slices_.clear();
  first_ = 0;
  size_ = 0;
}

std::string Buffer::toString() const {
  std::string text;
  text.reserve(size_);
  for (std::size_t i = first_; i < slices_.size(); ++i) {
    const Slice& slice = slices_[i];
    text.append(reinterpret_cast<const char*>(slice.block->data) + slice.begin, slice.end - slice.begin);
  }
  return text;
}

void Buffer::pushShared(Block* block, std::uint32_t begin, std::uint32_t end) {
  size_ += end - begin;
  if (endsAt(block, begin)) {
    slices_.back().end = end;  // contiguous with what is here already: one reference is enough
    pool_->release(block);
    return;
  }
  if (first_ >= kGoneMax && first_ * 2 >= slices_.size()) {
    slices_.erase(slices_.begin(), slices_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
  slices_.push_back({block, begin, end});
}

}  // namespace lb::buf
