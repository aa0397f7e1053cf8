// Something that asked its loop for a callback soon, in the I/O phase of this or the next turn: a stream that is known
// to be ready, a finished lookup. At most one wake is pending; unlink() or destruction cancels it.
#pragma once

#include "lb/os/link.h"

namespace lb::os {

class Wakeable : public Link<Wakeable> {
 public:
  virtual void onWake() = 0;

 protected:
  ~Wakeable() = default;
};

}  // namespace lb::os
