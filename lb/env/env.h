// The world as one worker sees it. Used at composition roots only: everything else takes the interfaces that it needs.
#pragma once

#include "lb/env/clock.h"
#include "lb/env/loop.h"
#include "lb/env/network.h"
#include "lb/env/random.h"
#include "lb/env/resolver.h"

namespace lb {

struct Env {
  Loop& loop;
  Clock& clock;
  Network& network;
  Resolver& resolver;
  Random& random;
};

}  // namespace lb
