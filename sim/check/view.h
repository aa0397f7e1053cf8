// One request's view of the world while it was under way: what may be behind what became of it.
#pragma once

#include <chrono>
#include <initializer_list>
#include <optional>

#include "sim/check/ledger.h"

namespace sim::check {

struct View {
  View(const Ledger& whose, const Entry& of);

  // What happened shortly before may still be on its way.
  [[nodiscard]] Duration slack() const { return std::chrono::seconds(1) + 4 * plan::longestWay(scenario); }
  [[nodiscard]] bool client(std::initializer_list<plan::FaultKind> kinds) const;
  [[nodiscard]] bool proxy(std::initializer_list<plan::FaultKind> kinds) const;
  // How many of those that may serve it were in such trouble?
  [[nodiscard]] std::size_t backends(std::initializer_list<plan::FaultKind> kinds) const;
  // And how many others were left out for their health, or for an operator?
  [[nodiscard]] std::size_t othersOut(std::initializer_list<plan::FaultKind> kinds) const;
  [[nodiscard]] bool fault(std::initializer_list<plan::AnswerFault> faults) const;
  // Bytes that a backend sends where none belong spoil the connection for whoever comes next.
  [[nodiscard]] bool strayBytes() const;
  // A backend may close a kept connection at any moment; who can be sent again is.
  [[nodiscard]] bool closesQuietly() const;
  [[nodiscard]] bool hasDied() const;
  // May one of its attempts have gone over a connection that had been used before? Not if its backends saw all of them
  // come as the first of theirs.
  [[nodiscard]] bool mayBeReused() const;
  [[nodiscard]] Duration way() const;  // the longest of those that it may take
  [[nodiscard]] Duration roundTrip() const { return 2 * way(); }
  // What the ways alone may take of an exchange in which nobody hesitates: each window of it waits for the one before.
  [[nodiscard]] Duration networkTime() const;
  [[nodiscard]] bool clientIsSlow() const;
  [[nodiscard]] bool clientHalfCloses() const;
  // Slow enough for one of the service's timeouts? What is cut within its answer is cut for its gaps.
  [[nodiscard]] bool backendIsSlow(bool within_answer) const;
  // A slow reader that goes on reading makes progress at least so often.
  [[nodiscard]] bool readsInTime(Duration limit) const;
  // What has been written and not read, at worst the sender's buffer and the receiver's, is read while the proxy
  // lingers; short reads get a part of what they ask for.
  [[nodiscard]] bool readsWhileLingering() const;

  const Ledger& ledger;
  const plan::Scenario& scenario;
  const Entry& entry;
  const plan::Request& plan;
  const lb::config::Service* service;
  MonoTime from;
  MonoTime to;
};

// How long the proxy may need to notice what a backend has done since then, a moment ago; max if the network was ill.
[[nodiscard]] Duration noticeTime(const Ledger& ledger, std::uint32_t backend, MonoTime since);

// The most that a pooled connection was allowed while this request may have been given to one; nothing if routes decide
// whose it is.
[[nodiscard]] std::optional<lb::config::Pool> poolFor(const Ledger& ledger, const Entry& entry);

// From the first to the last byte of the head of its answer, whose backend may send that in pieces.
[[nodiscard]] Duration headTakes(const plan::Request& plan);

// timeouts.response_header of a service, which reloads change: the least and the longest that were in force.
[[nodiscard]] Duration leastHeaderTime(const Ledger& ledger, const lb::config::Service& service, MonoTime from,
                                       MonoTime to);
[[nodiscard]] Duration longestHeaderTime(const Ledger& ledger, const lb::config::Service& service, MonoTime from,
                                         MonoTime to);

}  // namespace sim::check
