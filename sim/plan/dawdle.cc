// See dawdle.h.
#include "sim/plan/dawdle.h"

namespace sim::plan {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kPieces = 12;

bool suits(Duration idle) {
  return idle >= 50ms && idle <= 5s;
}

}  // namespace

void dawdle(Answer& answer, Duration response_idle, Prng& random) {
  if (!suits(response_idle)) return;
  answer.status = 200;
  answer.bytes = static_cast<std::uint32_t>(random.between(4000, 20'000));
  answer.piece = answer.bytes / kPieces;
  answer.gap = response_idle / 3;
}

void dawdle(Client& client, Duration request_body_idle, Prng& random) {
  Request& upload = client.requests[random.below(client.requests.size())];
  if (!suits(request_body_idle) || upload.framing == Framing::None || upload.malformed >= 0) return;
  upload.bytes = static_cast<std::uint32_t>(random.between(12'000, 20'000));
  client.pipeline = 1;
  client.piece = upload.bytes / kPieces;
  client.gap = request_body_idle / 3;
}

}  // namespace sim::plan
