// The limits of the file itself and the range of every value, by name. docs/configuration.md lists the same numbers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lb/env/clock.h"

namespace lb::config {

using namespace std::chrono_literals;

// The file: bounded before and while it is read, so that no input makes the parser recurse, grow or loop without end.
inline constexpr std::size_t kFileBytesMax = 4 * 1024 * 1024;
inline constexpr std::size_t kDepthMax = 32;        // maps and lists within each other; the deepest valid key needs 7
inline constexpr std::size_t kValuesMax = 250'000;  // values read; only aliases of aliases come near
inline constexpr std::size_t kIssuesMax = 1'000;    // kept and shown; further ones are counted

template <class T>
struct Range {
  T min{};
  T max{};
  bool zero_is_off = false;  // zero is allowed below min and switches the thing off
};

using DurationRange = Range<Duration>;
using IntegerRange = Range<std::uint64_t>;
using DecimalRange = Range<double>;

inline constexpr DurationRange kTimeout{1ms, 24h};
inline constexpr DurationRange kTimeoutOrOff{1ms, 24h, true};
inline constexpr DurationRange kBusyPoll{0ms, 1ms};
inline constexpr DurationRange kDrainDelay{0ms, 1h};
inline constexpr DurationRange kDrainTimeout{0ms, 24h};

inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;
inline constexpr std::uint64_t kGiB = 1024 * kMiB;
inline constexpr IntegerRange kHeaderBytes{256, 16 * kMiB};  // of all kinds: heads, trailers, the URI
inline constexpr IntegerRange kBufferBytes{kKiB, 16 * kMiB};
inline constexpr IntegerRange kMinBodyRate{1, kGiB, true};
inline constexpr IntegerRange kRetryAttempts{0, 10};
inline constexpr IntegerRange kRetryBody{0, 16 * kMiB};
inline constexpr IntegerRange kRetryStatus{500, 599};
inline constexpr std::size_t kRetryOnMax = 16;  // entries of retry.retry_on
inline constexpr DurationRange kBackoff{1ms, 1min};
inline constexpr IntegerRange kRetryBudgetPercent{0, 1000};
inline constexpr IntegerRange kRetryBudgetMin{0, 100'000};
inline constexpr IntegerRange kMaxInflight{1, 1'000'000, true};
inline constexpr IntegerRange kAdaptiveLimit{1, 1'000'000};
inline constexpr IntegerRange kQueueMax{0, 1'000'000};
inline constexpr DecimalRange kRequestRate{1e-4, 1e6, true};  // a second
inline constexpr IntegerRange kRateBurst{1, 1'000'000};
inline constexpr IntegerRange kMaxConnectionsPerClient{1, 10'000'000, true};
inline constexpr std::size_t kHeaderNameMax = 128;  // of rate_limit.name
inline constexpr IntegerRange kHostWeight{0, 1000};
inline constexpr IntegerRange kHashMaxLoad{101, 1000, true};  // per cent
inline constexpr DurationRange kSlowStartWindow{1s, 1h, true};
inline constexpr IntegerRange kSlowStartMinWeight{1, 100};  // per cent
inline constexpr DurationRange kStickyTtl{1s, 8760h, true};
inline constexpr IntegerRange kMaxBody{1, kGiB* kKiB, true};

inline constexpr IntegerRange kListenPort{1, 65535};  // a free one would be another one for each worker
inline constexpr IntegerRange kAdminPort{0, 65535};   // 0 picks a free one
inline constexpr IntegerRange kHostPort{1, 65535};
inline constexpr IntegerRange kThreads{1, 256};
inline constexpr IntegerRange kMaxConnections{1, 10'000'000};
inline constexpr IntegerRange kMaxHeaders{1, 10'000};
inline constexpr IntegerRange kMaxClientRequests{1, 1'000'000'000, true};
inline constexpr IntegerRange kMaxBackendRequests{1, 1'000'000'000, true};
inline constexpr IntegerRange kMaxIdle{0, 65536};

// Health.
inline constexpr IntegerRange kWeightByHand{0, 1000};
inline constexpr IntegerRange kStatus{100, 599};
inline constexpr IntegerRange kPercent{0, 100};
inline constexpr IntegerRange kJitterPercent{0, 50};
inline constexpr IntegerRange kCheckPort{0, 65535};  // 0: the backend's own
inline constexpr IntegerRange kChecksInARow{1, 1000};
inline constexpr DurationRange kCheckInterval{10ms, 24h};
inline constexpr IntegerRange kFailuresInARow{1, 1'000'000, true};
inline constexpr DurationRange kOutlierWindow{100ms, 1h};
inline constexpr IntegerRange kOutlierRequests{1, 1'000'000};
inline constexpr IntegerRange kLatencyFactor{2, 1000, true};
inline constexpr DurationRange kEjectionTime{10ms, 24h};

inline constexpr DecimalRange kBucketSeconds{1e-6, 3600};
inline constexpr std::size_t kBucketsMax = 64;
inline constexpr std::size_t kNameServersMax = 8;

inline constexpr std::size_t kServiceNameMax = 128;
inline constexpr std::size_t kParameterNameMax = 32;
inline constexpr std::size_t kDomainMax = 253;  // RFC 1035 2.3.4, without the final dot
inline constexpr std::size_t kLabelMax = 63;
inline constexpr std::size_t kTokenMax = 128;  // names of fields and cookies
inline constexpr std::size_t kPathMax = 4096;

inline constexpr std::size_t kRoutesMax = 1000;  // each request may be held against all of them
inline constexpr std::size_t kRoutePathMax = 1024;
inline constexpr IntegerRange kSplitWeight{0, 1'000'000};
inline constexpr IntegerRange kRespondStatus{200, 599};
inline constexpr std::size_t kRespondBodyMax = 64 * 1024;
inline constexpr std::size_t kHeaderRulesMax = 64;  // of one kind: remove, set, add
inline constexpr std::size_t kFieldNameMax = 128;
inline constexpr std::size_t kFieldValueMax = 4096;

// Beyond these a value is valid but surely a slip.
inline constexpr Duration kClientTimeoutLikelyMin = 100ms;
inline constexpr Duration kPoolIdleLikelyMax = 5s;  // at which common servers close

}  // namespace lb::config
