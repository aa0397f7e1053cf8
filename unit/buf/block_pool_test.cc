// The pool gives blocks back to the system only above its limit, and hands out clean ones.
#include "lb/buf/block_pool.h"

#include <gtest/gtest.h>

#include <vector>

namespace lb::buf {
namespace {

TEST(BlockPool, ReusesTheLastReleasedBlock) {
  BlockPool pool;
  Block* first = pool.take();
  first->filled = 100;
  pool.release(first);
  EXPECT_EQ(pool.blocksFree(), 1U);
  Block* second = pool.take();
  EXPECT_EQ(second, first);
  EXPECT_EQ(second->filled, 0U);
  EXPECT_EQ(second->references, 1U);
  EXPECT_EQ(pool.blocksFree(), 0U);
  pool.release(second);
}

TEST(BlockPool, KeepsAtMostItsLimit) {
  BlockPool pool({.free_max = 2});
  std::vector<Block*> blocks;
  for (int i = 0; i < 4; ++i) blocks.push_back(pool.take());
  EXPECT_EQ(pool.blocksInUse(), 4U);
  const std::size_t free_after[] = {1, 2, 2, 2};
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    pool.release(blocks[i]);
    EXPECT_EQ(pool.blocksFree(), free_after[i]);
  }
  EXPECT_EQ(pool.blocksInUse(), 0U);
}

TEST(BlockPool, ASharedBlockComesBackWithItsLastReference) {
  BlockPool pool;
  Block* block = pool.take();
  ++block->references;
  pool.release(block);
  EXPECT_EQ(pool.blocksInUse(), 1U);
  pool.release(block);
  EXPECT_EQ(pool.blocksInUse(), 0U);
}

TEST(BlockPoolDeathTest, EveryBlockMustComeBack) {
  EXPECT_DEATH(
      {
        BlockPool pool;
        static_cast<void>(pool.take());
      },
      "in_use_ == 0");
}

TEST(BlockPool, ABlockIsFourPages) {
  EXPECT_EQ(sizeof(Block), 16U * 1024U);
}

}  // namespace
}  // namespace lb::buf
