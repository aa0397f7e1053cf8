#include "lb/buf/block_pool.h"

#include "lb/base/check.h"

namespace lb::buf {

BlockPool::BlockPool(Limits limits) : limits_(limits) {}

BlockPool::~BlockPool() {
  LB_CHECK(in_use_ == 0);
  while (free_list_ != nullptr) {
    Block* next = free_list_->next_free;
    delete free_list_;
    free_list_ = next;
  }
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
