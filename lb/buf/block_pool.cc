#include "lb/buf/block_pool.h"

#include <utility>

#include "lb/base/check.h"

namespace lb::buf {
namespace {

constexpr std::size_t kChainSlicesMax = 256;  // room that a chain may keep for its next use

}  // namespace

BlockPool::BlockPool(Limits limits) : limits_(limits) {}

BlockPool::~BlockPool() {
  LB_CHECK(in_use_ == 0);
  while (free_list_ != nullptr) {
    Block* next = free_list_->next_free;
    delete free_list_;
    free_list_ = next;
  }
  while (free_chains_ != nullptr) delete std::exchange(free_chains_, free_chains_->next_free);
}

Chain* BlockPool::takeChain() {
  if (free_chains_ == nullptr) return new Chain;
  --chains_free_;
  return std::exchange(free_chains_, free_chains_->next_free);
}

void BlockPool::giveBack(Chain* chain) {
  LB_CHECK(chain->size == 0 && chain->reserved == 0);
  if (chains_free_ >= limits_.chains_free_max || chain->slices.capacity() > kChainSlicesMax) {
    delete chain;
    return;
  }
  chain->slices.clear();
  chain->first = 0;
  chain->next_free = free_chains_;
  free_chains_ = chain;
  ++chains_free_;
}

Block* BlockPool::take() {
  Block* block = free_list_;
  if (block != nullptr) {
    LB_CHECK(block->references == 0);
    free_list_ = block->next_free;
    --free_;
  } else {
    block = new Block;  // not value-initialised: zeroing 16 KiB would cost more than most requests
    block->pool = this;
  }
  block->next_free = nullptr;
  block->references = 1;
  block->filled = 0;
  ++in_use_;
  return block;
}

void BlockPool::release(Block* block) {
  LB_CHECK(block->references > 0 && block->pool == this);
  if (--block->references > 0) return;
  --in_use_;
  if (free_ >= limits_.free_max) {
    delete block;
    return;
  }
  block->next_free = free_list_;
  free_list_ = block;
  ++free_;
}

}  // namespace lb::buf
