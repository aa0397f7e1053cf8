// A client that lives by its plan: opens connections, sends its requests as the plan has it, reads strictly, tells the
// ledger what it sees, and opens another connection when one has ended.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "sim/actor/outbox.h"
#include "sim/actor/raw_client.h"
#include "sim/actor/strict_reader.h"
#include "sim/check/client_connection.h"
#include "sim/check/ledger.h"
#include "sim/plan/scenario.h"

namespace sim::actor {

class Client {
 public:
  Client(const lb::Env& env, const lb::Address& to, const plan::Client& plan, check::Ledger& ledger, std::string name);
  ~Client();

  [[nodiscard]] bool done() const { return done_; }
  void stopAsking();  // what has been asked for is still awaited
  void giveUp();      // resets what is open and asks for nothing more

 private:
  class Conn;
  struct Mark {
    std::uint64_t begin;
    std::uint64_t end;
    std::uint64_t id;
  };

  void open();
  void pump();
  void queue(const plan::Request& request);
  void writeSome();
  void pass(std::size_t bytes);
  void afterWriting();
  void onHead(const Head& head);
  void onBody(std::string_view bytes);
  void onEnd(const Head& head, std::size_t wire_bytes, const Head& trailers);
  void judgeConnection(const plan::Request& request, const Head& head);
  void openTunnel(const plan::Request& request);
  void onRaw(std::string_view bytes);
  void onConnectionEnded(lb::IoStatus status);
  void onPatience();
  void onContinueTime();
  // The connection is given up; what was asked for on it is lost.
  void abandon(check::Loss how, bool reset);
  void next();

  lb::Env env_;
  lb::Address to_;
  const plan::Client& plan_;
  check::Ledger& ledger_;
  std::string name_;
  std::unique_ptr<lb::Timer> start_timer_;
  std::unique_ptr<lb::Timer> write_timer_;
  std::unique_ptr<lb::Timer> think_timer_;
  std::unique_ptr<lb::Timer> patience_timer_;
  std::unique_ptr<lb::Timer> continue_timer_;
  std::vector<std::unique_ptr<Conn>> connections_;  // the last one is the current one
  Conn* current_ = nullptr;
  std::size_t next_ = 0;
  bool thought_ = false;
  bool done_ = false;

  // Of the current connection.
  std::deque<const plan::Request*> waiting_;  // sent or being sent, without a complete answer
  Outbox outbox_;
  std::string held_body_;  // until 100 (Continue) or until the wait for it is over
  std::deque<Mark> marks_;
  std::uint64_t queued_ = 0;
  std::uint64_t passed_ = 0;
  bool cut_pending_ = false;
  bool stopped_ = false;  // nothing more is sent on this connection
  bool told_to_end_ = false;
  bool finished_ = false;
  bool answering_ = false;
  bool tunnel_ = false;
  check::ClientConnection judged_;  // the current one
  MonoTime connected_{};
  MonoTime idle_since_{};
  std::uint64_t body_bytes_ = 0;
};

}  // namespace sim::actor
