// Both formats of the access log. Fields keep their order for ever: people cut columns out of them.
#include "lb/observe/access_log.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "lb/observe/append.h"
#include "lb/observe/escape.h"

namespace lb::observe {
namespace {

// The record's path has none already; a query may hold secrets, so it is not left to one place alone.
std::string_view withoutQuery(std::string_view path) {
  return path.substr(0, path.find('?'));
}

std::string_view protocolName(http::Version version) {
  return version == http::Version::Http10 ? "HTTP/1.0" : "HTTP/1.1";
}

// "proto"_member is `,"proto":`, written by the compiler: a line has 30 of them, and each is one append.
template <std::size_t N>
struct Literal {
  consteval Literal(const char (&text)[N]) { std::copy_n(text, N, characters.begin()); }
  std::array<char, N> characters{};
};

template <Literal name>
struct Member {
  static constexpr std::size_t kNameSize = name.characters.size() - 1;  // without the terminating zero
  static constexpr auto kText = [] {
    std::array<char, kNameSize + 4> text{',', '"'};
    const auto end = std::copy_n(name.characters.begin(), kNameSize, text.begin() + 2);
    end[0] = '"';
    end[1] = ':';
    return text;
  }();
};

template <Literal name>
consteval std::string_view operator""_member() {
  return {Member<name>::kText.data(), Member<name>::kText.size()};
}

void appendText(std::string_view member, std::string_view value, std::string& out) {
  out += member;
  appendJsonString(value, out);
}

// For what may be missing; null reads as false in jq and its like, an empty string does not.
void appendOptional(std::string_view member, bool known, std::string_view value, std::string& out) {
  if (known) return appendText(member, value, out);
  out += member;
  out += "null";
}

void appendCount(std::string_view member, std::uint64_t value, std::string& out) {
  out += member;
  appendNumber(value, out);
}

void appendPhase(std::string_view member, Duration value, std::string& out) {
  out += member;
  if (value == kUnknown) {
    out += "null";
  } else {
    appendSeconds(value, out);
  }
}

void appendWho(const Record& record, std::string& out) {
  out += R"("time":")";
  appendTime(record.time, out);
  out += '"';
  appendText("request_id"_member, record.request_id, out);
  out += "client_ip"_member;
  out += '"';
  record.client.ip.appendTo(out);
  out += '"';
  out += "peer"_member;
  out += '"';
  appendAddress(record.peer, out);
  out += '"';
  out += "listener"_member;
  out += '"';
  appendAddress(record.listener, out);
  out += '"';
}

// In text: " forward 0.08ms"; nothing if the phase did not happen.
void appendSpan(std::string_view word, Duration value, std::string& out) {
  if (value == kUnknown) return;
  out += ' ';
  out += word;
  out += ' ';
  appendMilliseconds(value, out);
  out += "ms";
}

void appendWord(std::string_view word, std::string_view value, std::string& out) {
  out += ' ';
  out += word;
  out += value.empty() ? "-" : "";
  appendTextEscaped(value, out);
}

// In text, which of those that the backend's name stands for it was.
void appendWhere(const Record& record, std::string& out) {
  constexpr std::string_view kAt = " at ";
  if (record.backend.empty()) return;
  const std::size_t before = out.size();
  out += kAt;
  appendAddress(record.backend_address, out);
  if (std::string_view(out).substr(before + kAt.size()) == record.backend) out.resize(before);
}

// Everything that was out of the ordinary about the exchange.
void appendTrouble(const Record& record, std::string& out) {
  if (record.reason != Reason::None) {
    appendWord("reason=", toString(record.reason), out);
    if (!record.detail.empty()) {
      out += " (";
      appendTextEscaped(record.detail, out);
      out += ')';
    }
  }
  if (record.aborted != AbortPhase::None) appendWord("client_gone=", toString(record.aborted), out);
  if (record.backend_broke) out += " backend_broke";
  if (record.attempts > 1) {
    out += " attempts=";
    appendNumber(record.attempts, out);
  }
  if (record.retry_reason) appendWord("retry_reason=", toString(*record.retry_reason), out);
  if (record.retry_denied) appendWord("retry_denied=", toString(*record.retry_denied), out);
}

}  // namespace

void formatText(const Record& record, std::string& out) {
  appendTime(record.time, out);
  out += ' ';
  record.client.ip.appendTo(out);
  out += " \"";
  appendTextEscaped(record.method_text.empty() ? "-" : record.method_text, out);
  out += ' ';
  appendTextEscaped(record.host, out);
  appendTextEscaped(withoutQuery(record.path), out);
  out += "\" ->";
  appendWord("", record.service, out);
  appendWord("", record.backend, out);
  appendWhere(record, out);
  out += ' ';
  appendNumber(record.code, out);
  out += ' ';
  appendNumber(record.bytes_out, out);
  out += 'B';
  appendTrouble(record, out);
  appendSpan("queue", record.phases.queue, out);
  appendSpan("connect", record.phases.connect, out);
  appendSpan("forward", record.phases.send, out);
  appendSpan("wait", record.phases.wait, out);
  appendSpan("receive", record.phases.backend_receive, out);
  appendSpan("total", record.phases.total, out);
  appendSpan("overhead", overheadOf(record.phases), out);
  appendWord("id=", record.request_id, out);
}

void formatJson(const Record& record, std::string& out) {
  out += '{';
  appendWho(record, out);
  appendText("proto"_member, protocolName(record.version), out);
  appendText("method"_member, record.method_text, out);
  appendText("host"_member, record.host, out);
  appendText("path"_member, withoutQuery(record.path), out);
  appendText("service"_member, record.service, out);
  appendOptional("backend"_member, !record.backend.empty(), record.backend, out);
  out += "backend_address"_member;
  out += record.backend.empty() ? "null" : "\"";
  if (!record.backend.empty()) {
    appendAddress(record.backend_address, out);
    out += '"';
  }
  appendCount("attempts"_member, record.attempts, out);
  appendOptional("retry_reason"_member, record.retry_reason.has_value(),
                 record.retry_reason ? toString(*record.retry_reason) : "", out);
  appendOptional("retry_denied"_member, record.retry_denied.has_value(),
                 record.retry_denied ? toString(*record.retry_denied) : "", out);
  appendCount("code"_member, record.code, out);
  appendText("origin"_member, toString(record.origin), out);
  appendOptional("reason"_member, record.reason != Reason::None, toString(record.reason), out);
  appendCount("bytes_in"_member, record.bytes_in, out);
  appendCount("bytes_out"_member, record.bytes_out, out);
  appendPhase("t_total"_member, record.phases.total, out);
  appendPhase("t_receive"_member, record.phases.receive, out);
  appendPhase("t_queue"_member, record.phases.queue, out);
  appendPhase("t_connect"_member, record.phases.connect, out);
  appendPhase("t_send"_member, record.phases.send, out);
  appendPhase("t_wait"_member, record.phases.wait, out);
  appendPhase("t_backend_receive"_member, record.phases.backend_receive, out);
  appendPhase("t_response"_member, record.phases.response, out);
  appendPhase("t_overhead"_member, overheadOf(record.phases), out);
  out += "conn_reused"_member;
  out += record.conn_reused ? "true" : "false";
  appendText("user_agent"_member, record.user_agent, out);
  appendOptional("aborted"_member, record.aborted != AbortPhase::None, toString(record.aborted), out);
  out += '}';
}

}  // namespace lb::observe
