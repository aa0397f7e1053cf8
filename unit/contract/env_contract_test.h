// The contract of lb/env as tests. An environment runs them with
//   INSTANTIATE_ENV_CONTRACT(Name, Harness);
// where Harness is what contract_fixture.h describes.
#pragma once

#include "unit/contract/ending_contract.h"
#include "unit/contract/listen_contract.h"
#include "unit/contract/loop_contract.h"
#include "unit/contract/resolver_contract.h"
#include "unit/contract/stream_contract.h"

#define INSTANTIATE_ENV_CONTRACT(Name, Harness)                  \
  INSTANTIATE_TYPED_TEST_SUITE_P(Name, LoopContract, Harness);   \
  INSTANTIATE_TYPED_TEST_SUITE_P(Name, StreamContract, Harness); \
  INSTANTIATE_TYPED_TEST_SUITE_P(Name, EndingContract, Harness); \
  INSTANTIATE_TYPED_TEST_SUITE_P(Name, ListenContract, Harness); \
  INSTANTIATE_TYPED_TEST_SUITE_P(Name, ResolverContract, Harness)
