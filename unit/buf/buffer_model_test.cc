// Random operations on a few buffers over one pool, each mirrored on a std::string; a fixed seed makes a failure
// repeat.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "lb/buf/buffer.h"

namespace lb::buf {
namespace {

constexpr std::size_t kBuffers = 4;
constexpr int kSteps = 200'000;
constexpr std::size_t kBytesMax = 200'000;

class Model {
 public:
  explicit Model(std::uint64_t seed) : random_(seed) {
    for (std::size_t i = 0; i < kBuffers; ++i) buffers_.emplace_back(pool_);
  }

  void step() {
    const std::size_t i = below(kBuffers);
    const std::size_t other = (i + 1 + below(kBuffers - 1)) % kBuffers;
    switch (below(9)) {
      case 0: append(i); break;
      case 1: beginRead(i); break;
      case 2:
      case 3: endRead(i); break;
      case 4: consume(i); break;
      case 5: move(i, other); break;
      case 6: share(i, other); break;
      case 7: swapWhole(i, other); break;
      default:
        if (below(20) == 0) clear(i);
        break;
    }
    if (texts_[i].size() > kBytesMax) clear(i);
  }

  void check() {
    for (std::size_t i = 0; i < kBuffers; ++i) {
      ASSERT_EQ(buffers_[i].size(), texts_[i].size());
      ASSERT_EQ(buffers_[i].toString(), texts_[i]);
      Buffer::BytesArray storage;
      std::string sliced;
      for (const Bytes& bytes : std::as_const(buffers_[i]).slices(storage)) {
        ASSERT_FALSE(bytes.empty());
        sliced.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      }
      ASSERT_EQ(sliced, texts_[i].substr(0, sliced.size()));
      ASSERT_TRUE(texts_[i].starts_with(buffers_[i].front()));
      ASSERT_EQ(buffers_[i].front().empty(), texts_[i].empty());
    }
  }

  void finish() {
    for (std::size_t i = 0; i < kBuffers; ++i) clear(i);
    ASSERT_EQ(pool_.blocksInUse(), 0U);
    ASSERT_LE(pool_.blocksFree(), kFreeMax);
  }

 private:
  static constexpr std::size_t kFreeMax = 3;

  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }
  std::size_t someSize() { return below(4) == 0 ? below(3 * Block::kBytes) : below(40); }
  std::string someBytes(std::size_t size) {
    std::string bytes(size, '\0');
    const auto first = static_cast<unsigned>(random_());
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(first + i * 7);
    return bytes;
  }
  std::size_t part(std::size_t i) { return below(3) == 0 ? texts_[i].size() : below(texts_[i].size() + 1); }
  void touched(std::size_t i) { spaces_[i].clear(); }  // the reservation is over

  void append(std::size_t i) {
    const std::string bytes = someBytes(someSize());
    buffers_[i].append(bytes);
    texts_[i] += bytes;
    touched(i);
  }
  void beginRead(std::size_t i) {
    Buffer::SpaceArray storage;
    const std::size_t wish = someSize();
    const auto spaces = buffers_[i].reserve(wish, storage);
    spaces_[i].assign(spaces.begin(), spaces.end());
    std::size_t room = 0;
    for (const Space& space : spaces) room += space.size();
    ASSERT_GE(room, std::max<std::size_t>(wish, 1));
  }
  // The other buffers may have been used since beginRead: nobody else may have been given these spaces.
  void endRead(std::size_t i) {
    if (spaces_[i].empty()) return;
    std::size_t room = 0;
    for (const Space& space : spaces_[i]) room += space.size();
    const std::string bytes = someBytes(std::min(room, someSize()));
    std::size_t copied = 0;
    for (const Space& space : spaces_[i]) {
      const std::size_t taken = std::min(space.size(), bytes.size() - copied);
      std::memcpy(space.data(), bytes.data() + copied, taken);
      copied += taken;
    }
    buffers_[i].commit(bytes.size());
    texts_[i] += bytes;
    touched(i);
  }
  void consume(std::size_t i) {
    const std::size_t bytes = part(i);
    buffers_[i].consume(bytes);
    texts_[i].erase(0, bytes);
    touched(i);
  }
  void move(std::size_t i, std::size_t to) {
    const std::size_t bytes = part(i);
    buffers_[i].moveTo(buffers_[to], bytes);
    texts_[to] += texts_[i].substr(0, bytes);
    texts_[i].erase(0, bytes);
    touched(i);
    touched(to);
  }
  void share(std::size_t i, std::size_t to) {
    const std::size_t bytes = part(i);
    std::as_const(buffers_[i]).shareTo(buffers_[to], bytes);
    texts_[to] += texts_[i].substr(0, bytes);
    touched(to);
  }
  void swapWhole(std::size_t i, std::size_t with) {
    std::swap(buffers_[i], buffers_[with]);
    std::swap(texts_[i], texts_[with]);
    std::swap(spaces_[i], spaces_[with]);
  }
  void clear(std::size_t i) {
    buffers_[i].clear();
    texts_[i].clear();
    touched(i);
  }

  std::mt19937_64 random_;
  BlockPool pool_{{.free_max = kFreeMax}};
  std::vector<Buffer> buffers_;
  std::string texts_[kBuffers];
  std::vector<Space> spaces_[kBuffers];
};

TEST(BufferModel, BehavesAsStringsDo) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    SCOPED_TRACE(seed);
    Model model(seed);
    for (int step = 0; step < kSteps / 3; ++step) {
      model.step();
      if (step % 16 == 0) {
        ASSERT_NO_FATAL_FAILURE(model.check());
      }
    }
    ASSERT_NO_FATAL_FAILURE(model.check());
    model.finish();
  }
}

}  // namespace
}  // namespace lb::buf
