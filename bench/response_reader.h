// Reads one response after another from bytes as they come: status, length, end. Strict: what is not as expected of a
// good proxy is an error, for a benchmark with errors is void.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

class ResponseReader {
 public:
  enum class Result : std::uint8_t { NeedMore, Done, Bad };

  // Takes from `data` what belongs to the response; after Done the next call begins the next one.
  Result feed(std::string_view& data);

  // Of the response that is done.
  int status() const { return status_; }
  std::uint64_t bodyBytes() const { return body_bytes_; }
  bool closes() const { return closes_; }

  bool inMiddle() const { return state_ != State::Begin; }  // some bytes of a response came, but not all
  const std::string& complaint() const { return complaint_; }

 private:
  enum class State : std::uint8_t { Begin, Head, Body, ChunkLine, ChunkData, ChunkEnd, Trailers };

  Result bad(std::string_view why);
  Result takeHead(std::string_view& data);
  bool parseHead(std::string_view head);
  bool parseField(std::string_view line);
  Result takeBody(std::string_view& data);
  Result takeLine(std::string_view& data);
  bool parseLine();
  Result done();

  State state_ = State::Begin;
  int status_ = 0;
  std::uint64_t body_bytes_ = 0;
  std::uint64_t left_ = 0;  // of the body or the chunk
  bool chunked_ = false;
  bool has_length_ = false;
  bool closes_ = false;
  std::string held_;  // a head or a line that came in part
  std::string complaint_;
};

}  // namespace bench
