// Both formats of the access log. Fields keep their order for ever: people cut columns out of them.
#include "lb/observe/access_log.h"

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

void appendText(std::string_view key, std::string_view value, std::string& out) {
  appendJsonKey(key, out);
  appendJsonString(value, out);
}

// For what may be missing; null reads as false in jq and its like, an empty string does not.
void appendOptional(std::string_view key, bool known, std::string_view value, std::string& out) {
  if (known) return appendText(key, value, out);
  appendJsonKey(key, out);
  out += "null";
}

void appendCount(std::string_view key, std::uint64_t value, std::string& out) {
  appendJsonKey(key, out);
  appendNumber(value, out);
}

void appendPhase(std::string_view key, Duration value, std::string& out) {
  appendJsonKey(key, out);
  if (value == kUnknown) {
    out += "null";
  } else {
    appendSeconds(value, out);
  }
}

void appendWho(const Record& record, std::string& out) {
  appendJsonKey("time", out);
  out += '"';
  appendTime(record.time, out);
  out += '"';
  appendText("request_id", record.request_id, out);
  appendJsonKey("client_ip", out);
  out += '"';
  record.client.ip.appendTo(out);
  out += '"';
  appendJsonKey("peer", out);
  out += '"';
  appendAddress(record.peer, out);
  out += '"';
  appendJsonKey("listener", out);
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
  appendText("proto", protocolName(record.version), out);
  appendText("method", record.method_text, out);
  appendText("host", record.host, out);
  appendText("path", withoutQuery(record.path), out);
  appendText("service", record.service, out);
  appendOptional("backend", !record.backend.empty(), record.backend, out);
  appendCount("attempts", record.attempts, out);
  appendCount("code", record.code, out);
  appendText("origin", toString(record.origin), out);
  appendOptional("reason", record.reason != Reason::None, toString(record.reason), out);
  appendCount("bytes_in", record.bytes_in, out);
  appendCount("bytes_out", record.bytes_out, out);
  appendPhase("t_total", record.phases.total, out);
  appendPhase("t_receive", record.phases.receive, out);
  appendPhase("t_queue", record.phases.queue, out);
  appendPhase("t_connect", record.phases.connect, out);
  appendPhase("t_send", record.phases.send, out);
  appendPhase("t_wait", record.phases.wait, out);
  appendPhase("t_backend_receive", record.phases.backend_receive, out);
  appendPhase("t_response", record.phases.response, out);
  appendPhase("t_overhead", overheadOf(record.phases), out);
  appendJsonKey("conn_reused", out);
  out += record.conn_reused ? "true" : "false";
  appendText("user_agent", record.user_agent, out);
  appendOptional("aborted", record.aborted != AbortPhase::None, toString(record.aborted), out);
  out += '}';
}

}  // namespace lb::observe
