// See byte_queue.h.
#include "sim/net/byte_queue.h"

#include "lb/base/check.h"

namespace sim::net {
namespace {

constexpr std::size_t kWasteMax = 64 * 1024;  // consumed bytes that may stay before the rest moves to the front

}  // namespace

lb::Bytes ByteQueue::view(std::size_t from, std::size_t count) const {
  LB_CHECK(from + count <= size());
  return lb::Bytes(bytes_).subspan(begin_ + from, count);
}

void ByteQueue::consume(std::size_t count) {
  LB_CHECK(count <= size());
  begin_ += count;
  if (begin_ == bytes_.size()) {
    bytes_.clear();
    begin_ = 0;
  } else if (begin_ > kWasteMax && begin_ > bytes_.size() / 2) {
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
  }
}

void ByteQueue::truncate(std::size_t size) {
  LB_CHECK(size <= this->size());
  bytes_.resize(begin_ + size);
}

}  // namespace sim::net
