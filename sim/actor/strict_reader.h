// A strict, incremental reader of HTTP/1 messages that shares no code with lb: what it does not find exactly as RFC
// 9112 has it written is a violation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sim::actor {

// One head; its views are valid as long as it is.
class Head {
 public:
  enum class Body : std::uint8_t { None, Length, Chunked, UntilClose };

  int status = 0;  // of a response
  bool http10 = false;
  Body body = Body::None;
  std::uint64_t length = 0;
  std::size_t wire_bytes = 0;  // of the head itself

  [[nodiscard]] std::string_view startLine() const { return view(start_line_); }
  [[nodiscard]] std::string_view method() const { return view(method_); }  // of a request
  [[nodiscard]] std::string_view target() const { return view(target_); }

  [[nodiscard]] std::size_t size() const { return fields_.size(); }
  [[nodiscard]] std::string_view name(std::size_t index) const { return view(fields_[index].name); }  // as it came
  [[nodiscard]] std::string_view value(std::size_t index) const { return view(fields_[index].value); }
  [[nodiscard]] bool is(std::size_t index, std::string_view name) const;             // `name` in lower case
  [[nodiscard]] std::optional<std::string_view> field(std::string_view name) const;  // the first
  [[nodiscard]] std::size_t count(std::string_view name) const;
  [[nodiscard]] bool connectionHas(std::string_view token) const;  // `token` in lower case

 private:
  friend class StrictReader;
  struct Part {
    std::uint32_t begin = 0;
    std::uint32_t size = 0;
  };
  struct Field {
    Part name;
    Part value;
  };
  [[nodiscard]] std::string_view view(Part part) const { return std::string_view(text_).substr(part.begin, part.size); }
  [[nodiscard]] Part part(std::string_view of) const {
    return {static_cast<std::uint32_t>(of.data() - text_.data()), static_cast<std::uint32_t>(of.size())};
  }
  void clear();

  std::string text_;
  Part start_line_, method_, target_;
  std::vector<Field> fields_;
};

class StrictEvents {
 public:
  virtual bool nextIsToHead() { return false; }  // asked for every final response's head
  virtual void onHead(const Head& head) = 0;     // of interim responses, too: nothing follows them
  virtual void onBody(std::string_view bytes) = 0;
  virtual void onEnd() = 0;
  virtual void onRaw(std::string_view) {}          // after switchToRaw()
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
  void switchToRaw() { state_ = State::Raw; }  // from inside onHead or onEnd: what follows is no HTTP

  [[nodiscard]] const Head& head() const { return head_; }                   // the latest
  [[nodiscard]] const Head& trailers() const { return trailers_; }           // fields only, of the latest message
  [[nodiscard]] std::size_t messageBytes() const { return message_bytes_; }  // of the latest, so far, on the wire
  [[nodiscard]] bool between() const { return state_ == State::Head && buffer_.size() == at_; }

 private:
  enum class State : std::uint8_t { Head, Length, UntilClose, ChunkSize, ChunkData, ChunkEnd, Trailers, Raw, Dead };
  static constexpr std::size_t kHeadMax = 1024 * 1024;

  bool advance();
  bool readHead();
  bool startLine(std::string_view line);
  bool statusLine(std::string_view line);
  bool requestLine(std::string_view line);
  bool fieldLine(Head& head, std::string_view line);
  bool frame();
  bool readLength(std::size_t& codings, std::size_t& lengths);
  bool chunkSize();
  bool chunkEnd();
  bool trailer();
  bool takeBody(State then);
  bool takeRaw();
  bool bad(std::string what);
  void take(std::size_t bytes);
  std::optional<std::string_view> line();  // without its CRLF; not yet taken
  void end();

  Kind kind_;
  StrictEvents& events_;
  State state_ = State::Head;
  std::string buffer_;
  std::size_t at_ = 0;
  Head head_;
  Head trailers_;
  std::string trailer_text_;
  std::uint64_t left_ = 0;
  std::size_t message_bytes_ = 0;
};

}  // namespace sim::actor
