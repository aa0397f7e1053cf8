// Bytes on their way, first in, first out.
#pragma once

#include <cstddef>
#include <vector>

#include "lb/env/stream.h"

namespace sim::net {

class ByteQueue {
 public:
  [[nodiscard]] std::size_t size() const { return bytes_.size() - begin_; }
  void append(lb::Bytes bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  [[nodiscard]] lb::Bytes view(std::size_t from, std::size_t count) const;
  void consume(std::size_t count);
  void truncate(std::size_t size);  // drops from the end
 private:
  std::vector<std::byte> bytes_;
  std::size_t begin_ = 0;
};

}  // namespace sim::net
