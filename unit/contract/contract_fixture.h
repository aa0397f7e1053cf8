// What the contract cases stand on. A harness is one process of an environment and gives
//   Loop& loop(); const Clock& clock(); Network& network(); Resolver& resolver(); Random& random();
//   IpAddress loopback();                              // an address of this process that it can listen on
//   bool runUntil(std::function<bool()> done);         // turns the loop; false if it takes too long
//   void turn();                                       // one turn, of which there is something to do
//   void work(Duration time);                          // lets time pass within a callback, as a long computation would
// Nothing here knows more about an environment than that.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lb/env/env.h"

namespace lb::contract {

inline Bytes bytesOf(std::string_view text) {
  return std::as_bytes(std::span(text));
}

inline IoResult writeText(Stream& stream, std::string_view text) {
  const Bytes piece = bytesOf(text);
  return stream.write(std::span(&piece, 1));
}

inline std::pair<IoResult, std::string> readText(Stream& stream, std::size_t bytes_max) {
  std::string text(bytes_max, '\0');
  const Space space = std::as_writable_bytes(std::span(text));
  const IoResult result = stream.read(std::span(&space, 1));
  text.resize(result.bytes);
  return {result, text};
}

// One end of a connection. Unless a case sets on_ready, it reads what comes and remembers how it ended.
class End final : public StreamEvents {
 public:
  explicit End(std::unique_ptr<Stream> stream) : stream_(std::move(stream)) { stream_->bind(this); }

  void onReady(Interest ready) override {
    ++events;
    inside_ = true;
    if (on_ready) {
      on_ready(ready);
    } else {
      readAvailable();
    }
    inside_ = false;
  }

  void readAvailable() {
    for (;;) {
      const auto [result, text] = readText(*stream_, kReadSize);
      received += text;
      if (result.status == IoStatus::Ok) continue;
      if (result.status != IoStatus::WouldBlock) {
        ended = result.status;
        stream_->want(Interest::None);
      }
      return;
    }
  }

  [[nodiscard]] Stream& stream() { return *stream_; }
  [[nodiscard]] std::unique_ptr<Stream> release() { return std::move(stream_); }
  void close() { stream_.reset(); }
  [[nodiscard]] bool inside() const { return inside_; }

  std::function<void(Interest)> on_ready;
  std::string received;
  IoStatus ended = IoStatus::Ok;
  int events = 0;

 private:
  static constexpr std::size_t kReadSize = 16384;
  std::unique_ptr<Stream> stream_;
  bool inside_ = false;
};

// Keeps accepted connections in the order of arrival.
class Door final : public AcceptEvents {
 public:
  void onAccept(std::unique_ptr<Stream> stream) override {
    accepted.push_back(std::make_unique<End>(std::move(stream)));
  }
  void onAcceptFailed(IoStatus why) override { failures.push_back(why); }

  std::vector<std::unique_ptr<End>> accepted;
  std::vector<IoStatus> failures;
};

template <class Harness>
class ContractTest : public testing::Test {
 protected:
  struct Pair {
    std::unique_ptr<End> client;
    std::unique_ptr<End> server;
  };

  Loop& loop() { return env_.loop(); }
  const Clock& clock() { return env_.clock(); }
  Network& network() { return env_.network(); }

  std::unique_ptr<Listener> listen(Door& door) {
    auto listener = network().listen({env_.loopback(), 0}, door);
    EXPECT_TRUE(listener.has_value());
    return std::move(*listener);
  }

  // Both ends of a connection that both sides know of.
  Pair connect() {
    Door door;
    const std::unique_ptr<Listener> listener = listen(door);
    Pair pair;
    pair.client = std::make_unique<End>(network().connect(listener->local()));
    bool connected = false;
    pair.client->on_ready = [&](Interest) {
      connected = true;
      pair.client->stream().want(Interest::None);
    };
    pair.client->stream().want(Interest::Write);
    EXPECT_TRUE(env_.runUntil([&] { return connected && !door.accepted.empty(); }));
    pair.client->on_ready = nullptr;
    pair.client->events = 0;
    pair.server = std::move(door.accepted.front());
    return pair;
  }

  // Lets the environment run while nothing is expected to happen.
  void idle(Duration time = std::chrono::milliseconds(30)) {
    bool over = false;
    const std::unique_ptr<Timer> timer = loop().makeTimer([&] { over = true; });
    timer->arm(time);
    EXPECT_TRUE(env_.runUntil([&] { return over; }));
  }

  // Writes until the other side's window and this side's buffer stay full; returns what was taken.
  std::string fill(End& end) {
    std::string written;
    const std::string chunk(256 * 1024, 'x');
    for (bool moved = true; moved;) {  // buffers move for a while
      moved = false;
      for (;;) {
        const IoResult result = writeText(end.stream(), chunk);
        if (result.bytes == 0) break;
        written.append(result.bytes, 'x');
        moved = true;
      }
      idle();
    }
    return written;
  }

  Harness env_;
};

}  // namespace lb::contract
