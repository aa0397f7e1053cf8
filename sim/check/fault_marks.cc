// See fault_marks.h.
#include "sim/check/fault_marks.h"

namespace sim::check {

using plan::AnswerFault;
using plan::FaultKind;

Mark markOf(FaultKind kind) {
  switch (kind) {
    case FaultKind::Stall: return Mark::FaultStall;
    case FaultKind::StallTo: return Mark::FaultStallTo;
    case FaultKind::StallFrom: return Mark::FaultStallFrom;
    case FaultKind::BlackHole: return Mark::FaultBlackHole;
    case FaultKind::Refuse: return Mark::FaultRefuse;
    case FaultKind::Kill: return Mark::FaultKill;
    case FaultKind::Slow: return Mark::FaultSlow;
    case FaultKind::Pause: return Mark::FaultPause;
    case FaultKind::AcceptExhausted: return Mark::FaultAcceptExhausted;
    case FaultKind::ConnectExhausted: return Mark::FaultConnectExhausted;
    case FaultKind::DnsFails: return Mark::FaultDnsFails;
    case FaultKind::DnsEmpty: return Mark::FaultDnsEmpty;
    case FaultKind::DnsSilent: return Mark::FaultDnsSilent;
    case FaultKind::DnsMoves: return Mark::NameMoved;
    case FaultKind::WallJump: return Mark::WallJumped;
    case FaultKind::HangUp: return Mark::FaultHangUp;
    case FaultKind::BacklogFull: return Mark::FaultBacklogFull;
    case FaultKind::FewPorts: return Mark::FaultFewPorts;
    case FaultKind::Sick: return Mark::FaultSick;
    case FaultKind::CheckSick: return Mark::FaultCheckSick;
    case FaultKind::DrainByHand: return Mark::FaultDrainByHand;
    case FaultKind::WeighByHand: return Mark::FaultWeighByHand;
    case FaultKind::Loss: return Mark::FaultLoss;
    case FaultKind::Far: return Mark::FaultFar;
    case FaultKind::DnsSlow: return Mark::FaultDnsSlow;
    case FaultKind::CutHandshake: return Mark::FaultCutHandshake;
  }
  return Mark::kCount;
}

Mark markOf(plan::Cut cut) {
  switch (cut) {
    case plan::Cut::Reset: return Mark::ClientStopsReset;
    case plan::Cut::HalfClose: return Mark::ClientStopsHalfClose;
    case plan::Cut::Silence: return Mark::ClientStopsSilence;
  }
  return Mark::kCount;
}

std::optional<Mark> markOf(AnswerFault fault) {
  switch (fault) {
    case AnswerFault::None: break;
    case AnswerFault::NoAnswerClose: return Mark::AnswerNoneClose;
    case AnswerFault::NoAnswerReset: return Mark::AnswerNoneReset;
    case AnswerFault::Silence: return Mark::AnswerSilence;
    case AnswerFault::CutClose: return Mark::AnswerCutClose;
    case AnswerFault::CutReset: return Mark::AnswerCutReset;
    case AnswerFault::Garbage: return Mark::AnswerGarbage;
    case AnswerFault::HugeHead: return Mark::AnswerHugeHead;
    case AnswerFault::TrailingBytes: return Mark::AnswerTrailingBytes;
    case AnswerFault::IdleBytes: return Mark::AnswerIdleBytes;
    case AnswerFault::SilentClose: return Mark::AnswerSilentClose;
    case AnswerFault::Early: return Mark::AnswerEarly;
    case AnswerFault::EarlyReset: return Mark::AnswerEarlyReset;
    case AnswerFault::StopsReading: return Mark::AnswerStopsReading;
    case AnswerFault::EarlyClose: return Mark::AnswerEarlyClose;
    case AnswerFault::LengthTooLarge: return Mark::AnswerLengthTooLarge;
    case AnswerFault::LengthTooSmall: return Mark::AnswerLengthTooSmall;
    case AnswerFault::BadChunk: return Mark::AnswerBadChunk;
    case AnswerFault::SaysClose: return Mark::AnswerSaysClose;
    case AnswerFault::IdleAnswer: return Mark::AnswerStray;
    case AnswerFault::Unavailable: return Mark::AnswerUnavailable;
    case AnswerFault::ResetAfter: return Mark::AnswerResetAfter;
  }
  return std::nullopt;
}

}  // namespace sim::check
