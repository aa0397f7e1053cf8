// One message through llhttp, an independent parser that Node.js uses, with its events collected.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lb::http::test {

struct LlhttpResult {
  bool complete = false;  // one whole message was accepted
  std::string error;
  std::string method;
  std::string target;
  int status = 0;
  std::vector<std::pair<std::string, std::string>> fields;
  std::vector<std::pair<std::string, std::string>> trailers;
  std::string body;
  std::size_t bytes = 0;  // of the message, when complete
};

// llhttp leaves it to its user to say which responses have no body: `skip_body` for the answer to a HEAD; 1xx, 204 and
// 304 are known here.
[[nodiscard]] LlhttpResult runLlhttp(bool request, bool skip_body, std::string_view input, bool at_eof);

}  // namespace lb::http::test
