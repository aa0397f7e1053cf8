// The contract cases on the operating system's environment.
#include "unit/contract/env_contract_test.h"

#include "unit/contract/os_harness.h"

namespace lb::contract {

INSTANTIATE_ENV_CONTRACT(Os, OsHarness);

}  // namespace lb::contract
