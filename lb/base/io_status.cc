// Names of I/O results for logs.
#include "lb/env/stream.h"

namespace lb {

const char* toString(IoStatus status) {
  switch (status) {
    case IoStatus::Ok: return "ok";
    case IoStatus::WouldBlock: return "would block";
    case IoStatus::Eof: return "closed by the other side";
    case IoStatus::Reset: return "connection reset";
    case IoStatus::Refused: return "connection refused";
    case IoStatus::TimedOut: return "timed out";
    case IoStatus::Unreachable: return "host unreachable";
    case IoStatus::Exhausted: return "out of descriptors, ports or memory";
    case IoStatus::TlsError: return "TLS error";
  }
  return "unknown";
}

}  // namespace lb
