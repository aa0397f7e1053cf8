// A strict, incremental reader of HTTP/1 messages that shares no code with lb: what it does not find exactly as RFC
// 9112 has it written is a violation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sim::actor {

struct Head {
  std::string start_line;
  std::vector<std::pair<std::string, std::string>> fields;  // names in lower case
  int status = 0;                                           // of a response
  bool http10 = false;
  std::string method;  // of a request
  std::string target;
  enum class Body : std::uint8_t { None, Length, Chunked, UntilClose } body = Body::None;
  std::uint64_t length = 0;

  [[nodiscard]] std::optional<std::string_view> field(std::string_view name) const;
  [[nodiscard]] bool connectionHas(std::string_view token) const;  // `token` in lower case
};

class StrictEvents {
 public:
  virtual bool nextIsToHead() { return false; }  // asked for every final response's head
  virtual void onHead(const Head& head) = 0;     // of interim responses, too: nothing follows them
  virtual void onBody(std::string_view bytes) = 0;
  virtual void onEnd() = 0;
  virtual void onViolation(std::string what) = 0;  // nothing is read after it

 protected:
  ~StrictEvents() = default;
};

class StrictReader {
 public:
  enum class Kind : std::uint8_t { Request, Response };
  StrictReader(Kind kind, StrictEvents& events) : kind_(kind), events_(events) {}

  void feed(std::string_view bytes);
  void endOfInput();  // a body until close is complete then
  void stop() { state_ = State::Dead; }
  [[nodiscard]] bool between() const { return state_ == State::Head && buffer_.empty(); }
  [[nodiscard]] bool inBody() const { return state_ != State::Head && state_ != State::Dead; }

 private:
  enum class State : std::uint8_t { Head, Length, UntilClose, ChunkSize, ChunkData, ChunkEnd, Trailers, Dead };
  static constexpr std::size_t kHeadMax = 1024 * 1024;

  bool advance();
  bool readHead();
  bool startLine(std::string_view line);
  bool fieldLine(std::string_view line);
  bool frame();
  bool chunkSize();
  bool trailer();
  bool takeBody(State then);
  bool bad(std::string what);
  std::optional<std::string_view> line();
  void end();

  Kind kind_;
  StrictEvents& events_;
  State state_ = State::Head;
  std::string buffer_;
  std::size_t at_ = 0;
  Head head_;
  std::uint64_t left_ = 0;
};

}  // namespace sim::actor
