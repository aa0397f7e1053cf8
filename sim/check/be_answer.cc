// See be_answer.h; and how answers of be are held against what their requests asked for.
#include "sim/check/be_answer.h"

#include <algorithm>
#include <array>

#include "sim/check/cause.h"
#include "sim/check/ledger.h"

namespace sim::check {
namespace {

constexpr std::array kFields{"set-cookie", "content-length", "transfer-encoding", "connection", "date", "content-type"};
constexpr std::uint64_t kPiece = 64 * 1024;
constexpr int kTooSlow = 408;  // what be says to a request whose rest does not come

// be has patience of its own with requests, and the last piece may come in the moment in which that ends.
bool gaveUpOnIt(const Entry& entry) {
  if (entry.status != kTooSlow) return false;
  const MonoTime complete = entry.attempts.empty() ? kNever : entry.attempts.back().complete;
  return complete == kNever || complete - entry.started >= lb::config::ClientTimeouts{}.request_header;
}

}  // namespace

bool isOfBe(std::string_view bytes, std::uint64_t offset) {
  return std::ranges::all_of(bytes, [&](char c) { return c == static_cast<char>('a' + offset++ % kPiece % 26); });
}

void Ledger::checkBeHead(const Entry& entry, const actor::Head& head) {
  const plan::Request& plan = *entry.plan;
  if (gaveUpOnIt(entry)) return;
  const bool reached = std::ranges::any_of(
      entry.attempts, [&](const Attempt& attempt) { return scenario_.backends.at(attempt.backend).be; });
  expect(reached, Class::Safety, "safety.own_answer", plan.id, "it got an answer of be, which it has not reached");
  expect(head.status == plan.answer.status, Class::Safety, "safety.status", plan.id,
         "request {} got {} of be instead of {}", plan.id, head.status, plan.answer.status);
  expect(!answerTookTooLong(*this, entry), Class::Safety, "safety.timeout_late", plan.id,
         "the answer to {} came after timeouts.response_header was over", plan.id);
  expect(head.field("content-type") == "text/plain; charset=utf-8", Class::Safety, "safety.fields", plan.id,
         "the answer of be to {} lost its type", plan.id);
  for (std::size_t i = 0; i < head.size(); ++i) {
    expect(std::ranges::any_of(kFields, [&](const char* name) { return head.is(i, name); }), Class::Safety,
           "safety.fields", plan.id, "the answer of be to {} has \"{}: {}\"", plan.id, head.name(i), head.value(i));
  }
  const auto length = head.field("content-length");
  const bool has_length = plan.answer.framing != plan::Framing::Chunked && plan.answer.status != 204;
  expect(!length || (has_length && *length == std::to_string(plan.answer.bytes)), Class::Safety, "safety.framing",
         plan.id, "the answer of be to {} got the length {}", plan.id, length.value_or(""));
  expect(!has_length || length || plan.answer.status == 304, Class::Safety, "safety.framing", plan.id,
         "the answer of be to {} lost its length", plan.id);
}

void Ledger::checkBeEnd(Entry& entry, std::uint64_t bytes, const actor::Head& trailers) {
  const plan::Request& plan = *entry.plan;
  if (gaveUpOnIt(entry)) return;
  const std::uint64_t whole = answeredWithoutBody(plan) ? 0 : plan.answer.bytes;  // be lies about no length
  expect(bytes == whole, Class::Safety, "safety.answer_body", plan.id,
         "the answer of be to {} looks complete with {} bytes of {}", plan.id, bytes, whole);
  expect(trailers.size() == 0, Class::Safety, "safety.trailers", plan.id, "the answer of be to {} has trailers",
         plan.id);
  entry.good = true;
  leave(Mark::AnswerOfBe);
}

}  // namespace sim::check
