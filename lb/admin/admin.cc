// See admin.h.
#include "lb/admin/admin.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "lb/admin/page.h"
#include "lb/front/reply.h"

namespace lb::admin {
namespace {

// Answers at once; a request body is read and thrown away.
class Answered final : public http::RequestHandler {
 public:
  void onRequestBody(buf::Buffer& body) override { body.clear(); }
  void onRequestEnd(const http::Fields*) override {}
  void onRequestBatchEnd() override {}
  std::size_t requestRoom() const override { return buf::Block::kBytes; }
  void onResponseDrained() override {}
  void onResponseSent() override {}
  void onRequestFailed(const http::Problem&) override {}
  void onRequestReset(http::RequestReset) override {}
  void release() override { const std::unique_ptr<Answered> last(this); }
};

constexpr std::string_view kIndex =
    "/metrics  Prometheus metrics\n/stats    requests, errors and percentiles, JSON\n/livez    is the process alive\n"
    "/readyz   does it want traffic\n/config   the configuration in force, YAML\n/version  what is running, JSON\n"
    "/backends what is known of each backend, JSON\n"
    "POST /backends/SERVICE/BACKEND/drain | enable | weight?value=N\n"
    "/reload   POST: read the configuration again; says what is wrong with it, JSON\n";

bool isLoopback(const IpAddress& ip) {
  static const std::array<Cidr, 2> kLoopback{*Cidr::parse("127.0.0.0/8"), *Cidr::parse("::1/128")};
  return std::ranges::any_of(kLoopback, [&](const Cidr& network) { return network.contains(ip); });
}

// A page in a browser on this machine may ask for anything, and a proxy passes on what others ask: the connection alone
// does not say who it is.
bool isForSomebodyElse(const http::Fields& fields) {
  constexpr auto kSigns = std::to_array<std::string_view>({"Origin", "Via", "Forwarded", "X-Forwarded-For"});
  return std::ranges::any_of(kSigns, [&](std::string_view name) { return fields.find(name).has_value(); });
}

// What changes something.
std::optional<Page> deed(std::string_view path, const http::RequestHead& head, const IpAddress& peer,
                         AdminSource& source) {
  const bool order = path.starts_with(kOrderPrefix);
  if (!order && path.substr(0, path.find('?')) != "/reload") return std::nullopt;
  if (head.method == http::Method::Post && !isLoopback(peer)) {
    return Page{403, {}, "403 Forbidden: only from this machine\n"};
  }
  if (head.method == http::Method::Post && isForSomebodyElse(head.fields)) {
    return Page{403, {}, "403 Forbidden: not from a web page or through a proxy\n"};
  }
  if (order) return takeOrder(head.method, path, source);
  if (head.method != http::Method::Post) return Page{405, {}, "405 Method Not Allowed: POST\n", "POST"};
  Reloaded reloaded = source.reloadNow();
  return Page{reloaded.status, "application/json", std::move(reloaded.json)};
}

Page page(std::string_view path, AdminSource& source) {
  if (path == "/metrics") return {200, "text/plain; version=0.0.4; charset=utf-8", source.metrics()};
  if (path == "/stats") return {200, "application/json", source.stats()};
  if (path == "/config") return {200, "application/yaml; charset=utf-8", source.configuration()};
  if (path == "/version") return {200, "application/json", source.version()};
  if (path == "/backends") return {200, "application/json", source.backends()};
  if (path == "/livez") return {200, {}, "ok\n"};
  if (path == "/readyz") {
    const std::string why = source.notReady();
    return why.empty() ? Page{200, {}, "ready\n"} : Page{503, {}, fmt::format("not ready: {}\n", why)};
  }
  if (path == "/") return {200, {}, std::string(kIndex)};
  return {404, {}, fmt::format("404 Not Found: there are\n{}", kIndex)};
}

}  // namespace

AdminRouter::AdminRouter(AdminSource& source, std::vector<Cidr> allow, const Clock& clock, buf::BlockPool& blocks)
    : source_(source), allow_(std::move(allow)), clock_(clock), blocks_(blocks) {}

http::HandlerPtr AdminRouter::onRequest(http::RequestHead& head, const http::Framing&, http::ResponseWriter& writer) {
  http::HandlerPtr handler(std::make_unique<Answered>().release());
  const IpAddress& peer = writer.peer().ip;
  const std::string_view path = head.path();
  Page answer;
  if (std::ranges::none_of(allow_, [&](const Cidr& network) { return network.contains(peer); })) {
    answer = {403, {}, "403 Forbidden: this address is not in proxy.admin.allow\n"};
    writer.closeAfterResponse();
  } else if (auto done = deed(path, head, peer, source_)) {
    answer = std::move(*done);
  } else if (head.method != http::Method::Get && head.method != http::Method::Head) {
    answer = {405, {}, "405 Method Not Allowed: GET or HEAD\n", "GET, HEAD"};
  } else {
    answer = page(path.substr(0, path.find('?')), source_);
  }
  constexpr std::string_view kPlain = "text/plain; charset=utf-8";
  const std::array<std::pair<std::string_view, std::string_view>, 1> allow{{{"Allow", answer.allow}}};
  front::sendReply(writer,
                   {.status = answer.status,
                    .content_type = answer.content_type.empty() ? kPlain : answer.content_type,
                    .body = answer.body,
                    .fields = std::span(allow).first(answer.allow.empty() ? 0 : 1)},
                   head.method, clock_.wall(), blocks_);
  return handler;
}

http::HandlerPtr AdminRouter::onBadRequest(http::RequestHead& head, const http::Problem& problem,
                                           http::ResponseWriter& writer) {
  http::HandlerPtr handler(std::make_unique<Answered>().release());
  const std::string body = fmt::format("{} {}: {}\n", problem.status, http::reasonPhrase(problem.status), problem.what);
  front::sendReply(writer, {.status = problem.status, .body = body}, head.method, clock_.wall(), blocks_);
  return handler;
}

}  // namespace lb::admin
