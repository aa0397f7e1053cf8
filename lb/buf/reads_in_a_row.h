// How often one connection with a large body is read before the others get their turn. What of a body has come is best
// moved on at once: after everybody else's turn it would have left the processor's caches, and more of it would have
// queued up meanwhile.
#pragma once

namespace lb::buf {

// Of full reads (Buffer::roomBelow): together some four mebibytes, one or two milliseconds.
inline constexpr int kReadsInARow = 16;

}  // namespace lb::buf
