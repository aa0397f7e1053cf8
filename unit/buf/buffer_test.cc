// Stories about single buffers and about two that share a block.
#include "lb/buf/buffer.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <utility>

namespace lb::buf {
namespace {

// Writes as a read would: into the spaces in order.
void fill(std::span<const Space> spaces, std::string_view bytes) {
  for (const Space& space : spaces) {
    const std::size_t taken = std::min(space.size(), bytes.size());
    std::memcpy(space.data(), bytes.data(), taken);
    bytes.remove_prefix(taken);
  }
  ASSERT_TRUE(bytes.empty());
}

class BufferTest : public ::testing::Test {
 protected:
  BlockPool pool_;
  Buffer::SpaceArray spaces_;
  Buffer::BytesArray bytes_;
};

TEST_F(BufferTest, AnEmptyBufferHoldsNoBlock) {
  Buffer buffer(pool_);
  EXPECT_TRUE(buffer.empty());
  EXPECT_TRUE(buffer.front().empty());
  EXPECT_TRUE(buffer.slices(bytes_).empty());
  buffer.append("abc");
  EXPECT_EQ(pool_.blocksInUse(), 1U);
  buffer.consume(3);
  EXPECT_EQ(pool_.blocksInUse(), 0U);
  static_cast<void>(buffer.reserve(10, spaces_));
  buffer.commit(0);
  EXPECT_EQ(pool_.blocksInUse(), 0U);
}

TEST_F(BufferTest, ReserveOffersTheRestOfTheLastBlockFirst) {
  Buffer buffer(pool_);
  buffer.append("abc");
  const auto spaces = buffer.reserve(10, spaces_);
  ASSERT_EQ(spaces.size(), 1U);
  EXPECT_EQ(spaces[0].size(), Block::kBytes - 3);
  fill(spaces, "def");
  buffer.commit(3);
  EXPECT_EQ(buffer.front(), "abcdef");
}

TEST_F(BufferTest, ReserveNeverOffersMoreThanItsPieces) {
  Buffer buffer(pool_);
  EXPECT_EQ(buffer.reserve(1000 * Block::kBytes, spaces_).size(), Buffer::kPiecesMax);
  buffer.commit(Block::kBytes + 1);
  EXPECT_EQ(pool_.blocksInUse(), 2U);
  EXPECT_EQ(buffer.size(), Block::kBytes + 1);
}

TEST_F(BufferTest, AReservationThatIsNeverCommittedIsSettledByTheNextCall) {
  Buffer buffer(pool_);
  buffer.append("abc");
  static_cast<void>(buffer.reserve(3 * Block::kBytes, spaces_));
  EXPECT_EQ(buffer.size(), 3U);
  EXPECT_EQ(buffer.slices(bytes_).size(), 1U);
  EXPECT_EQ(buffer.toString(), "abc");
  buffer.append("d");
  EXPECT_EQ(buffer.front(), "abcd");
  EXPECT_EQ(pool_.blocksInUse(), 1U);
}

TEST_F(BufferTest, TwoBuffersNeverClaimTheSameSpace) {
  Buffer a(pool_);
  Buffer b(pool_);
  a.append("shared ");
  a.shareTo(b, a.size());
  EXPECT_EQ(pool_.blocksInUse(), 1U);
  const auto spaces = a.reserve(5, spaces_);
  b.append("from b");  // while a's read is under way
  fill(spaces, "from a");
  a.commit(6);
  EXPECT_EQ(a.toString(), "shared from a");
  EXPECT_EQ(b.toString(), "shared from b");
}

TEST_F(BufferTest, MoveToCopiesNothing) {
  Buffer a(pool_);
  Buffer b(pool_);
  a.append("head body");
  const char* body = a.front().data() + 5;
  a.moveTo(b, 5);
  EXPECT_EQ(b.front(), "head ");
  EXPECT_EQ(a.front().data(), body);
  a.moveTo(b);
  EXPECT_EQ(b.front(), "head body");  // contiguous again: one slice
  EXPECT_EQ(b.slices(bytes_).size(), 1U);
  EXPECT_TRUE(a.empty());
}

TEST_F(BufferTest, ASenderOfSingleBytesCannotHoldABlockForEach) {
  Buffer queue(pool_);
  Buffer kept(pool_);
  for (int i = 0; i < 1000; ++i) {
    Buffer in(pool_);
    fill(in.reserve(Block::kBytes, spaces_), "x");
    in.commit(1);
    in.shareTo(kept, 1);
    in.moveTo(queue);
  }
  EXPECT_EQ(queue.toString(), std::string(1000, 'x'));
  EXPECT_EQ(kept.toString(), std::string(1000, 'x'));
  EXPECT_LE(pool_.blocksInUse(), 3U);
}

TEST_F(BufferTest, AMovedFromBufferIsEmptyAndUsable) {
  Buffer a(pool_);
  a.append("abc");
  Buffer b(std::move(a));
  EXPECT_EQ(b.toString(), "abc");
  a.append("x");  // NOLINT(bugprone-use-after-move): that is the point
  EXPECT_EQ(a.toString(), "x");
  b = std::move(a);
  EXPECT_EQ(b.toString(), "x");
  EXPECT_EQ(pool_.blocksInUse(), 1U);
}

TEST_F(BufferTest, SlicesAreLimitedToOneWrite) {
  Buffer buffer(pool_);
  buffer.append(std::string((Buffer::kPiecesMax + 2) * Block::kBytes, 'x'));
  EXPECT_EQ(buffer.slices(bytes_).size(), Buffer::kPiecesMax);
}

TEST_F(BufferTest, ALongLivedQueueDoesNotGrow) {
  Buffer source(pool_);
  Buffer queue(pool_);
  queue.append("y");
  for (int i = 0; i < 10000; ++i) {  // always at least one byte inside, so the queue is never reset
    source.append("0123456789");
    source.moveTo(queue);
    queue.consume(10);
  }
  EXPECT_EQ(queue.size(), 1U);
  EXPECT_EQ(pool_.blocksInUse(), 1U);
  EXPECT_LE(pool_.blocksFree(), 2U);
}

TEST_F(BufferTest, ConsumingTooMuchIsABrokenInvariant) {
  Buffer buffer(pool_);
  buffer.append("abc");
  EXPECT_DEATH(buffer.consume(4), "bytes <= size");
  EXPECT_DEATH(buffer.commit(1), "bytes == 0");
}

}  // namespace
}  // namespace lb::buf
