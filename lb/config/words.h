// The words of the file that stand for enumerated values: read by the parser, written by the dump.
#pragma once

#include <algorithm>
#include <array>

#include "lb/base/check.h"
#include "lb/config/reader.h"

namespace lb::config {

inline constexpr std::array<Word<Balance>, 6> kBalanceWords{{{"random", Balance::Random},
                                                             {"round_robin", Balance::RoundRobin},
                                                             {"least_request", Balance::LeastRequest},
                                                             {"p2c", Balance::P2c},
                                                             {"peak_ewma", Balance::PeakEwma},
                                                             {"hash", Balance::Hash}}};

inline constexpr std::array<Word<KeySource>, 4> kKeySourceWords{{{"client_ip", KeySource::ClientIp},
                                                                 {"header", KeySource::Header},
                                                                 {"cookie", KeySource::Cookie},
                                                                 {"path", KeySource::Path}}};

inline constexpr std::array<Word<InitialHealth>, 3> kInitialHealthWords{
    {{"check", InitialHealth::Check}, {"up", InitialHealth::Up}, {"down", InitialHealth::Down}}};
inline constexpr std::array<Word<RateKey>, 3> kRateKeyWords{
    {{"service", RateKey::Service}, {"client_ip", RateKey::ClientIp}, {"header", RateKey::Header}}};

// Of retry.retry_on, beside statuses.
inline constexpr std::array<Word<bool RetryOn::*>, 3> kRetryOnWords{
    {{"connect_failure", &RetryOn::connect_failure}, {"reset", &RetryOn::reset}, {"timeout", &RetryOn::timeout}}};

inline constexpr std::array<Word<LogFormat>, 2> kLogFormatWords{{{"text", LogFormat::Text}, {"json", LogFormat::Json}}};

inline constexpr std::array<Word<LogLevel>, 6> kLogLevelWords{{{"trace", LogLevel::Trace},
                                                               {"debug", LogLevel::Debug},
                                                               {"info", LogLevel::Info},
                                                               {"warn", LogLevel::Warn},
                                                               {"error", LogLevel::Error},
                                                               {"off", LogLevel::Off}}};

template <class E, std::size_t N>
std::string_view wordOf(E value, const std::array<Word<E>, N>& words) {
  const auto* const found = std::ranges::find(words, value, &Word<E>::value);
  LB_CHECK(found != words.end());  // every value has its word
  return found->word;
}

}  // namespace lb::config
