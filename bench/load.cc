#include "bench/load.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "bench/load_requests.h"

namespace bench {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kReadingInterval = 10'000'000;  // slow readers read a little so often
constexpr std::int64_t kFinishLimit = 10 * kSecond;    // for what is in flight at the end
constexpr std::size_t kUploadPiece = 256 * 1024;
constexpr std::uint32_t kSources = 200;  // 127.0.0.2 and so on: each has its own ports
constexpr int kSlowReceiveBuffer = 16 * 1024;
constexpr std::size_t kOpeningAtOnce = 64;

std::uint32_t source(std::uint64_t count) {
  return (127u << 24) + 2 + static_cast<std::uint32_t>(count % kSources);
}

}  // namespace

Load::Load(const LoadOptions& options)
    : options_(options),
      requests_(makeRequests(options)),
      upload_(options.upload_bytes > 0 ? kUploadPiece : 0, 'u'),
      meter_(options.processes, options.counter),
      connections_(options.connections) {}

const LoadResult& Load::run() {
  const std::int64_t start = now();
  phase_end_ = start + options_.warmup_ns;
  next_due_ = next_reading_ = start;
  for (Connection& connection : connections_) open(connection);
  while (phase_ != Phase::Finish || (busy_ + waiting_.size() > 0 && now() < phase_end_)) {
    poll(std::max<std::int64_t>(0, wakeAt() - now()));
    advance(now());
  }
  if (options_.rate > 0 && busy_ + waiting_.size() > 0) {  // left out, they would make the rest look well
    result_.errors += busy_ + waiting_.size();
    if (result_.first_error.empty()) result_.first_error = "no answer long after the end";
  }
  return result_;
}

const LoadResult& Load::openAndHold() {
  std::size_t opened = 0;
  result_.begin = meter_.read();
  phase_ = Phase::Measured;
  const std::int64_t limit = now() + 60 * kSecond;
  while (result_.requests + result_.errors < connections_.size() && now() < limit) {
    for (; opened < connections_.size() && busy_ < kOpeningAtOnce; ++opened) open(connections_[opened]);
    poll(kSecond);
  }
  result_.end = meter_.read();
  phase_ = Phase::Finish;
  return result_;
}

void Load::poll(std::int64_t timeout_ns) {
  for (const epoll_event& event : epoll_.wait(timeout_ns))
    onEvent(*static_cast<Connection*>(event.data.ptr), event.events);
}

void Load::open(Connection& connection) {
  connection.fd = connectTo(options_.target, source(sources_++), options_.read_rate > 0 ? kSlowReceiveBuffer : 0);
  connection.reader = {};
  connection.state = State::Idle;
  epoll_.add(connection.fd, &connection);
  next(connection);
}

void Load::close(Connection& connection) {
  if (connection.state == State::Busy) --busy_;
  std::erase(idle_, &connection);
  ::close(connection.fd);
  connection.fd = -1;
  connection.state = State::Closed;
}

void Load::reopen(Connection& connection) {
  close(connection);
  if (phase_ != Phase::Finish && !options_.hold) open(connection);
}

void Load::fail(Connection& connection, const std::string& why) {
  if (result_.errors++ == 0) result_.first_error = why;
  close(connection);
  if (phase_ != Phase::Finish) enter(Phase::Finish);  // a run with an error is void
  phase_end_ = 0;
}

// What an open connection does next: a request, or nothing.
void Load::next(Connection& connection) {
  if (options_.rate == 0) {
    if (phase_ != Phase::Finish) begin(connection, now());
  } else if (waiting_.empty()) {
    idle_.push_back(&connection);
  } else {
    const std::int64_t due = waiting_.front();
    waiting_.pop_front();
    begin(connection, due);
  }
}

void Load::begin(Connection& connection, std::int64_t due) {
  connection.state = State::Busy;
  ++busy_;
  connection.request = &requests_[next_host_++ % requests_.size()];
  connection.sent = 0;
  connection.due = due;
  send(connection);
}

void Load::send(Connection& connection) {
  const std::string& head = *connection.request;
  const std::uint64_t whole = head.size() + options_.upload_bytes;
  while (connection.sent < whole) {
    const bool in_head = connection.sent < head.size();
    const std::string_view piece = in_head ? std::string_view(head).substr(connection.sent)
                                           : std::string_view(upload_).substr(0, whole - connection.sent);
    const ssize_t sent = ::send(connection.fd, piece.data(), piece.size(),
                                MSG_NOSIGNAL | (in_head && whole > head.size() ? MSG_MORE : 0));
    if (sent < 0 && (errno == EAGAIN || errno == ENOTCONN)) return;  // not connected yet: EPOLLOUT tells
    if (sent < 0) return fail(connection, std::string("sending: ") + std::strerror(errno));
    connection.sent += static_cast<std::uint64_t>(sent);
    if (measuring() && !in_head) result_.bytes += static_cast<std::uint64_t>(sent);
  }
}

void Load::onEvent(Connection& connection, std::uint32_t events) {
  if (connection.state == State::Closed) return;
  if ((events & EPOLLOUT) != 0 && connection.state == State::Busy) send(connection);
  if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0 && connection.state != State::Closed &&
      options_.read_rate == 0) {
    receive(connection, (events & kEnd) != 0);
  }
}

// `to_the_end`: the other side has closed, and an edge-triggered socket will not tell it again.
void Load::receive(Connection& connection, bool to_the_end) {
  while (connection.state != State::Closed) {
    std::size_t room = input_.size();
    if (options_.read_rate > 0)
      room = std::min(room, static_cast<std::size_t>(std::max<std::int64_t>(0, connection.allowance)));
    if (room == 0) return;
    const ssize_t got = recv(connection.fd, input_.data(), room, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got < 0) return fail(connection, std::string("receiving: ") + std::strerror(errno));
    if (got == 0) {
      if (connection.state == State::AwaitsEnd) return reopen(connection);
      return fail(connection, connection.state == State::Busy ? "the connection ended before the response"
                                                              : "an idle connection was closed");
    }
    connection.allowance -= got;
    if (measuring()) result_.bytes += static_cast<std::uint64_t>(got);
    std::string_view data(input_.data(), static_cast<std::size_t>(got));
    while (!data.empty() && connection.state != State::Closed) {
      if (connection.state != State::Busy) return fail(connection, "bytes that nobody asked for");
      const ResponseReader::Result result = connection.reader.feed(data);
      if (result == ResponseReader::Result::Bad) return fail(connection, connection.reader.complaint());
      if (result == ResponseReader::Result::NeedMore) continue;
      if (!data.empty()) return fail(connection, "bytes after the response");
      finish(connection);
    }
    if (static_cast<std::size_t>(got) < room && !to_the_end) return;  // a short read: nothing is left
  }
}

void Load::finish(Connection& connection) {
  const ResponseReader& reader = connection.reader;
  if (reader.status() != 200) return fail(connection, "status " + std::to_string(reader.status()));
  if (reader.bodyBytes() != options_.expect_bytes) {
    return fail(connection, "a body of " + std::to_string(reader.bodyBytes()) + " bytes");
  }
  if (connection.sent < connection.request->size() + options_.upload_bytes)
    return fail(connection, "an answer before the request's end");
  connection.state = State::Idle;
  --busy_;
  if (counts(connection)) {
    ++result_.requests;
    result_.latencies.push_back(now() - connection.due);
    if (result_.requests == options_.requests && measuring()) enter(Phase::Finish);
  }
  if (options_.hold) return;
  if (options_.new_connection || reader.closes()) {
    if (!options_.new_connection) ++result_.reconnects;
    if (!reader.closes()) return reopen(connection);
    connection.state = State::AwaitsEnd;  // the other side closes
    return;
  }
  next(connection);
}

// Closed loop: what ends in the measured time. Open loop: what is due in it, whenever it ends.
bool Load::counts(const Connection& connection) const {
  if (options_.rate == 0) return measuring();
  return phase_ != Phase::WarmUp && connection.due >= result_.begin.time &&
         (measuring() || connection.due < result_.end.time);
}

void Load::enter(Phase phase) {
  phase_ = phase;
  if (phase == Phase::Measured) {
    result_.begin = meter_.read();
    phase_end_ = result_.begin.time + options_.measured_ns;
  } else {
    result_.end = meter_.read();
    phase_end_ = result_.end.time + (options_.read_rate > 0 ? 0 : kFinishLimit);
  }
}

void Load::advance(std::int64_t time) {
  if (options_.rate > 0 && phase_ != Phase::Finish) sendDue(std::min(time, phase_end_));
  if (phase_ != Phase::Finish && time >= phase_end_) enter(phase_ == Phase::WarmUp ? Phase::Measured : Phase::Finish);
  if (phase_ == Phase::Finish) return;
  if (options_.read_rate > 0) readSlowly(time);
}

void Load::sendDue(std::int64_t time) {
  for (; next_due_ <= time; next_due_ += kSecond / static_cast<std::int64_t>(options_.rate)) {
    if (idle_.empty()) {
      waiting_.push_back(next_due_);
      continue;
    }
    Connection* connection = idle_.back();
    idle_.pop_back();
    begin(*connection, next_due_);
  }
}

void Load::readSlowly(std::int64_t time) {
  if (time < next_reading_) return;
  next_reading_ += kReadingInterval;
  for (Connection& connection : connections_) {
    connection.allowance = static_cast<std::int64_t>(options_.read_rate) * kReadingInterval / kSecond;
    if (connection.state != State::Closed) receive(connection, false);
  }
}

std::int64_t Load::wakeAt() const {
  std::int64_t at = phase_end_;
  if (phase_ == Phase::Finish) return at;
  if (options_.rate > 0) at = std::min(at, next_due_);
  if (options_.read_rate > 0) at = std::min(at, next_reading_);
  return at;
}

}  // namespace bench
