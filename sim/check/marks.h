// Situations that a campaign has to reach: a test that never gets there proves nothing. Whoever sees one leaves its
// mark; `sim marks` adds up what a campaign has seen and fails on what it has not.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sim::check {

enum class Mark : std::uint8_t {
  // Answers
  AnswerWhole,
  AnswerLengthBody,
  AnswerChunkedBody,
  AnswerUntilClose,
  AnswerToHead,
  AnswerWithoutBody,
  AnswerInterim,
  AnswerTrailers,
  AnswerCut,
  AnswerEarly,
  AnswerToHttp10,
  AnswerOfBe,
  AnswerDuplex,
  Continue100,
  // Requests
  RequestChunked,
  RequestLarge,
  RequestTrailers,
  RequestPipelined,
  RequestMalformedRefused,
  RequestOnReusedConnection,
  RequestSentTwice,
  ClientHalfClosed,
  ClientGoneInRequest,
  ClientGoneInWait,
  ClientGoneInResponse,
  TunnelOpened,
  TunnelWhole,
  TunnelRefused,
  // The proxy's own answers, one for each reason
  NoRoute,
  BadRequest,
  UriTooLong,
  HeaderTooLarge,
  BodyTooLarge,
  RequestTimeout,
  NoHealthyBackend,
  Overloaded,
  ConnectFailed,
  ConnectTimeout,
  BackendClosed,
  BadBackendResponse,
  BackendTimeout,
  DrainedAway,
  // Flow
  BackendPaused,  // a backend could not send because its client did not read
  ClientPaused,   // a client could not send because its backend did not read
  MemoryNearLimit,
  ConnectionsAtLimit,
  // The proxy's life
  Reloaded,
  ReloadedInFlight,
  ReloadedByPost,
  ReloadedByFile,
  ReloadRefused,
  Touched,  // loaded again as it was
  HostsRenamed,
  OldHostsServe,  // and the names of those that replace them are looked up
  PoolTooLarge,   // in the calm, for what a reload allows
  PoolsChanged,   // by a reload, and something was idle
  OrderedOverHttp,
  DrainedInFlight,
  DrainCut,
  DrainDelayed,
  RoundRobinExact,
  NameMoved,
  BackIsNew,  // an address that its name had left for a while
  WallJumped,
  SeveralWorkers,
  // Faults that struck somebody
  FaultStall,
  FaultStallTo,
  FaultStallFrom,
  FaultBlackHole,
  FaultRefuse,
  FaultKill,
  FaultSlow,
  FaultPause,
  FaultAcceptExhausted,
  FaultConnectExhausted,
  FaultDnsFails,
  FaultDnsEmpty,
  FaultDnsSilent,
  FaultHangUp,
  FaultBacklogFull,
  FaultFewPorts,
  FaultLoss,
  FaultFar,
  FaultDnsSlow,
  FaultCutHandshake,
  FaultTriggered,
  FaultCounted,
  FaultPowerCut,
  FaultOtherWorker,  // stands still, not the first one
  SeveralStalled,
  Isolated,
  // What clients do worst
  ClientNeverReads,  // and its answer comes
  ClientSlow,
  ClientStopsReset,
  ClientStopsHalfClose,
  ClientStopsSilence,
  // What backends get wrong
  AnswerNoneClose,
  AnswerNoneReset,
  AnswerSilence,
  AnswerCutClose,
  AnswerCutReset,
  AnswerGarbage,
  AnswerHugeHead,
  AnswerTrailingBytes,
  AnswerIdleBytes,
  AnswerSilentClose,
  AnswerEarlyReset,
  AnswerStopsReading,
  AnswerStray,
  AnswerUnavailable,
  AnswerResetAfter,
  AnswerEarlyClose,
  AnswerLengthTooLarge,
  AnswerLengthTooSmall,
  AnswerBadChunk,
  AnswerSaysClose,
  IdleRace,
  // Routes
  RouteTaken,
  RouteSplit,
  RouteRewritten,
  RouteRedirect,
  RouteFixedResponse,
  RouteRefused,
  PathFormed,
  HeaderRules,
  // Balancing
  WeightsCounted,
  BackupUsed,
  KeyKept,
  KeyMovedOn,  // because of hash.max_load
  KeysOutlivedHost,
  StickyKept,
  BusyAvoided,
  SlowAvoided,
  NewcomerSpared,
  // Backends' health
  HealthDown,
  HealthGrayKeptOut,  // a check passed, and the backend stayed ejected
  HealthEjected,
  HealthEjectedAgain,
  HealthProbationPassed,
  HealthProbationAnswered,  // the answer to its request does not end
  HealthCapReached,
  HealthPanic,
  HealthNobody,
  HealthDrained,
  HealthWeightless,
  WeighedByHand,  // and the shares were judged
  HealthSlowEjected,
  SickEjected,
  ShareEjected,  // for its share of successes
  FarEjected,
  ProbationAlone,
  FaultSick,
  FaultCheckSick,
  FaultDrainByHand,
  FaultWeighByHand,
  CheckFailureNoticed,
  CheckJitter,
  NewcomerChecked,
  ChecksBrought,
  ExpectantWaited,  // for 100 (Continue), after its request had waited itself
  UploadKeptBack,   // by its client, while its backend was slow
  StoppedForgiven,  // uploads that stop within their answer are no failures of their backends
  PanicSpread,
  OutSpared,  // those whose checks fail, by requests of the calm
  // Retries and load
  RateLimited,
  QueueFull,
  QueueTimeout,
  Queued,
  QueueLeft,
  InflightAtLimit,
  AdaptiveHeld,
  RateRaised,
  ClientRejected,
  RetryPaid,
  RetryOfUnavailable,
  RetryVouched,   // of a POST, by its Idempotency-Key
  RetryTimedOut,  // of an attempt that had lasted retry.per_try_timeout
  RetryOverBudget,
  AttemptsPaused,
  KeptAnswerPassedOn,
  kCount,
};

inline constexpr std::size_t kMarks = static_cast<std::size_t>(Mark::kCount);

[[nodiscard]] std::string_view nameOf(Mark mark);

class Marks {
 public:
  void leave(Mark mark) { ++counts_[static_cast<std::size_t>(mark)]; }
  [[nodiscard]] std::uint64_t count(std::size_t index) const { return counts_[index]; }
  void add(const Marks& other) {
    for (std::size_t i = 0; i < kMarks; ++i) counts_[i] += other.counts_[i];
  }

 private:
  std::array<std::uint64_t, kMarks> counts_{};
};

}  // namespace sim::check
