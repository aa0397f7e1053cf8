// From one number to a scenario. Swarm: each family of faults is off with probability one half, or with five sixths, so
// that combinations come up in which one fault does not hide another.
#include <algorithm>
#include <array>
#include <initializer_list>

#include "lb/config/defaults.h"
#include "sim/actor/bad_requests.h"
#include "sim/plan/balance_shapes.h"
#include "sim/plan/dawdle.h"
#include "sim/plan/draw_faults.h"
#include "sim/plan/draw_health.h"
#include "sim/plan/draw_methods.h"
#include "sim/plan/draw_network.h"
#include "sim/plan/draw_operator.h"
#include "sim/plan/draw_routes.h"
#include "sim/plan/draw_uploads.h"
#include "sim/plan/families.h"
#include "sim/plan/fault_shapes.h"
#include "sim/plan/scenario.h"
#include "sim/plan/traffic_shapes.h"
#include "sim/plan/validate.h"

namespace sim::plan {
namespace {

using namespace std::chrono_literals;

class Generator {
 public:
  explicit Generator(std::uint64_t seed)
      : random_(Chance(seed).stream("scenario")),
        be_(Chance(seed).stream("scenario be")),
        traffic_(Chance(seed).stream("scenario traffic")) {
    made_.seed = seed;
  }

  Scenario make() {
    made_.calm_only = random_.chance({1, 12});
    for (const Family& family : kOddities) {
      if (family.drawn == Family::Drawn::Here && random_.chance({1, 2})) made_.families.emplace_back(family.name);
    }
    const Ratio often = random_.chance({1, 2}) ? Ratio{1, 2} : Ratio{1, 6};
    for (const Family& family : kFaultFamilies) {
      if (family.drawn == Family::Drawn::Here && random_.chance(often) && !made_.calm_only)
        made_.families.emplace_back(family.name);
    }
    // From randomness of its own, so that all other scenarios stay what they were. be has limits of its own and no
    // tunnels; what goes beyond them is for the other backends.
    const bool fits = !made_.has("malformed") && !made_.has("too_long") && !made_.has("upgrade");
    if (fits && be_.chance({1, 2})) made_.families.emplace_back("be");
    made_.drain_in_storm =
        (made_.has("drain_storm") && random_.chance({1, 2})) || (made_.calm_only && made_.has("early_drain"));
    if (made_.drain_in_storm) made_.storm = upTo(oneOf<Duration>({20ms, 500ms, 5s}));
    if (made_.has("census")) made_.census = 200;
    made_.backends.resize(random_.between(1, 4));
    outage_ = on("outage", {1, 4});
    if (outage_) made_.backends.resize(4);
    for (Backend& backend : made_.backends) {
      if (made_.has("idle_close")) backend.idle_close = oneOf<Duration>({1ms, 50ms, 1s, 4s, 5s});
    }
    if (made_.has("be")) made_.backends[be_.below(made_.backends.size())].be = true;
    network();
    config();
    const std::uint64_t clients = random_.between(1, 12);
    for (std::uint64_t i = 0; i < clients; ++i) made_.clients.push_back(client());
    faults();
    shapeFaults(made_, random_);
    shapeBalance(made_, Chance(made_.seed).stream("scenario balance"));
    drawHealth(made_);
    shapeTraffic(made_, traffic_);
    drawRoutes(made_);
    drawOperator(made_);
    drawNetwork(made_);
    drawUploads(made_);
    drawMethods(made_);
    drawFaults(made_);
    return std::move(made_);
  }

 private:
  template <class T>
  T oneOf(std::initializer_list<T> values) {
    return values.begin()[random_.below(values.size())];
  }
  Duration upTo(Duration max) {
    return Duration(static_cast<Duration::rep>(random_.below(static_cast<std::uint64_t>(max.count()))));
  }
  std::uint32_t number(std::uint64_t first, std::uint64_t last) {
    return static_cast<std::uint32_t>(random_.between(first, last));
  }
  bool on(const char* family, Ratio ratio) { return made_.has(family) && random_.chance(ratio); }

  void network() {
    Network& net = made_.network;
    if (made_.has("latency")) {
      net.latency = upTo(made_.has("slow_network") ? 200ms : 5ms);
      net.jitter = upTo(net.latency + 1us);
    }
    if (made_.has("segments")) net.segment_max = oneOf<std::uint32_t>({1, 7, 100, 536, 1460});
    if (made_.has("small")) {
      net.window = oneOf<std::uint32_t>({600, 2000, 8000, 20'000});
      net.short_io = number(0, 80);
    }
    if (made_.has("names")) net.name_ttl = oneOf<Duration>({1s, 5s, 60s});
    if (net.segment_max < 100 && net.latency > 1ms) net.segment_max = 536;  // or a body takes an hour
  }

  Duration timeout(Duration usual) {
    return made_.has("tiny_timeouts") ? oneOf<Duration>({1ms, 5ms, 50ms, 500ms, 5s, 1h, usual, usual}) : usual;
  }

  void config() {
    lb::config::Config& config = made_.config;
    config = lb::config::defaultConfig();
    config.listen = {{.address = kProxyIp, .port = kProxyPort, .place = {}}};
    config.admin.enabled = false;
    config.threads = made_.has("workers") ? number(1, 3) : 1;
    config.limits.max_connections = 1000;
    if (random_.chance({3, 4})) config.access_log.format = lb::config::LogFormat::Json;
    config.timeouts.request_header = timeout(10s);
    config.timeouts.request_body_idle = timeout(30s);
    if (on("dawdle", {1, 2})) config.timeouts.request_body_idle = oneOf<Duration>({200ms, 1s});
    config.timeouts.client_idle = timeout(75s);
    config.timeouts.response_idle = timeout(60s);
    if (made_.has("tiny_buffer")) config.limits.buffer_bytes = oneOf<std::uint64_t>({1024, 1500, 4096, 16'384});
    if (made_.has("limits")) {
      config.limits.max_requests = number(1, 4);
      config.limits.max_header_bytes = oneOf<std::uint64_t>({1024, 4096, 32 * 1024});
      config.limits.max_response_header_bytes = oneOf<std::uint64_t>({1024, 4096, 64 * 1024});
      if (!made_.calm_only && random_.chance({1, 3})) config.limits.max_connections = number(1, 4) * config.threads;
    }
    if (!made_.calm_only) config.abort_on_half_close = random_.chance({1, 4});
    config.drain.timeout = oneOf<Duration>({0ms, 100ms, 5s, 30s});
    std::uint32_t services = number(1, 3);
    Prng many = Chance(made_.seed).stream("scenario services");
    if (many.chance({1, 100})) {
      made_.families.emplace_back("many_services");
      services = static_cast<std::uint32_t>(many.between(8, 24));
    }
    for (std::uint32_t i = 0; i < services; ++i) config.services.push_back(service(static_cast<int>(i)));
  }

  lb::config::Service service(int index) {
    lb::config::Service made;
    made.name = "s" + std::to_string(index);
    made.domains = {serviceHost(index)};
    const bool named = made_.has("names");
    for (std::uint32_t i = 0; i < made_.backends.size(); ++i) {
      if (i > 0 && !outage_ && random_.chance({1, 3})) continue;
      const bool by_name = named && random_.chance({2, 3});
      made.hosts.push_back({.address = by_name ? backendName(i) : backendIp(i), .port = kBackendPort, .place = {}});
    }
    if (random_.chance({1, 2})) made.balance = lb::config::Balance::RoundRobin;
    made.timeouts.connect = timeout(2s);
    made.timeouts.response_header = timeout(30s);
    made.timeouts.response_idle = timeout(60s);
    if (made_.has("tiny_timeouts") && random_.chance({1, 3})) made.timeouts.total = oneOf<Duration>({20ms, 1s, 1h});
    made.pool.max_idle = oneOf<std::uint32_t>({0, 1, 2, 64, 64});
    made.pool.idle_timeout = oneOf<Duration>({1ms, 50ms, 4s, 4s, 1h});
    if (made_.has("idle_race")) closeJustThen(made.pool.idle_timeout);
    if (on("reload", {1, 2})) made.pool.idle_timeout = 1h;  // what stays too long is seen
    if (made_.has("limits")) made.pool.max_requests = number(0, 3);
    if (random_.chance({1, 4})) made.pool.max_age = oneOf<Duration>({10ms, 1s});
    made.retry.attempts = number(0, 3);
    made.retry.body_limit = oneOf<std::uint64_t>({0, 100, 64 * 1024});
    if (outage_) {  // so that the one that is left is found in the end
      made.retry.attempts = 3;
      made.retry.body_limit = 64 * 1024;
    }
    if (made_.has("body_limit")) made.limits.max_body = oneOf<std::uint64_t>({100, 3000, 50'000});
    return made;
  }

  // Of the proxy's timeout the backends' closing is a hair away, or as much as the news of it takes.
  void closeJustThen(Duration timeout) {
    const Duration way = made_.network.latency;
    for (Backend& backend : made_.backends) {
      if (random_.chance({1, 2})) continue;
      const Duration hair = oneOf<Duration>({0us, 1us, 50us, 500us, way, 2 * way});
      backend.idle_close = random_.chance({1, 2}) ? timeout + hair : std::max<Duration>(timeout + -hair, 1us);
    }
  }

  std::uint32_t bodySize() {
    // Megabytes, so that buffers fill whatever the sizes of windows are; not many of them.
    if (on("huge", {1, 40}) && made_.network.segment_max >= 1000 && huge_++ < 2) return number(1'000'000, 6'000'000);
    switch (random_.below(8)) {
      case 0: return number(0, 1);
      case 1:
      case 2:
      case 3:
      case 4: return number(0, 200);
      case 5: return number(0, 5000);
      case 6: return number(0, 20'000);
      default: return made_.has("sizes") && made_.network.segment_max >= 100 ? number(0, 300'000) : number(0, 3000);
    }
  }

  Answer answer() {
    Answer made;
    made.status = oneOf({200, 200, 200, 200, 201, 204, 304, 404, 500});
    made.bytes = bodySize();
    made.chunk = number(1, 5000);
    if (on("chunked", {1, 2})) made.framing = Framing::Chunked;
    if (on("until_close", {1, 5})) made.framing = Framing::UntilClose;
    made.interim = on("interim", {1, 4});
    made.trailers = on("trailers", {1, 3});
    if (on("fields", {1, 2})) made.fields = number(1, 12);
    if (on("too_long", {1, 40})) made.fields = 300;
    made.close = on("close", {1, 5});
    if (random_.chance({1, 2})) made.delay = upTo(20ms);
    if (on("slow_backend", {1, 4})) made.delay = upTo(8s);
    if (on("slow_backend", {1, 4})) {
      made.piece = number(1, 2000) + made.bytes / 200;
      made.gap = upTo(oneOf<Duration>({20ms, 200ms}));
    }
    made.fault = answerFault();
    made.fault_at = number(0, 999);
    if (made.fault == AnswerFault::IdleAnswer) {
      made.piece = 0;
      made.gap = upTo(oneOf<Duration>({300us, 20ms, 1s}));
    }
    // Where the end is the end of the connection, neither an early one nor bytes too many can be told from an answer.
    if (made.framing == Framing::UntilClose) {
      if (made.fault == AnswerFault::CutClose) made.fault = AnswerFault::CutReset;
      if (made.fault == AnswerFault::TrailingBytes || made.fault == AnswerFault::IdleBytes ||
          made.fault == AnswerFault::IdleAnswer)
        made.fault = AnswerFault::Garbage;
    }
    return made;
  }

  AnswerFault answerFault() {
    using enum AnswerFault;
    if (on("bad_answer", {1, 10})) return oneOf({Garbage, HugeHead, TrailingBytes});
    if (on("cut_answer", {1, 10})) return oneOf({CutClose, CutReset});
    if (on("no_answer", {1, 10})) return oneOf({NoAnswerClose, NoAnswerReset});
    if (on("silence", {1, 20})) return Silence;
    if (on("stops_reading", {1, 10})) return StopsReading;
    if (on("silent_close", {1, 5})) return SilentClose;
    if (on("early", {1, 5})) return oneOf({Early, EarlyReset});
    if (on("idle_bytes", {1, 5})) return IdleBytes;
    if (on("early_close", {1, 8})) return EarlyClose;
    if (on("wrong_length", {1, 12})) return oneOf({LengthTooLarge, LengthTooSmall});
    if (on("bad_chunk", {1, 8})) return BadChunk;
    if (on("says_close", {1, 8})) return SaysClose;
    if (on("idle_answer", {1, 4})) return IdleAnswer;
    return None;
  }

  Request request() {
    Request made;
    made.id = ++last_id_;
    made.method = oneOf<const char*>({"GET", "GET", "GET", "POST", "POST", "PUT", "DELETE"});
    if (on("head", {1, 6})) made.method = "HEAD";
    made.service = static_cast<int>(random_.below(made_.config.services.size()));
    if (on("unknown_host", {1, 10})) made.service = -1;
    made.http10 = on("http10", {1, 5});
    made.keep_alive = made.http10 && random_.chance({1, 2});
    made.close = on("close", {1, 8});
    made.hop_by_hop = on("hop", {1, 3});
    if (on("fields", {1, 2})) made.fields = number(1, 12);
    if (on("too_long", {1, 40})) made.fields = 300;
    if (on("too_long", {1, 40})) made.padding = oneOf<std::uint32_t>({100, 8000, 9000});
    if (made.http10 && on("unknown_host", {1, 3})) made.service = -2;
    if (made.method == "POST" || made.method == "PUT") {
      made.bytes = bodySize();
      made.framing = on("chunked", {1, 2}) && !made.http10 ? Framing::Chunked : Framing::Length;
      made.chunk = number(1, 5000);
      made.trailers = on("trailers", {1, 3});
      made.expect = on("expect", {1, 3}) && !made.http10 && made.bytes > 0;
    }
    if (on("malformed", {1, 8})) {
      made.malformed = static_cast<int>(random_.below(actor::badRequests().size()));
      made.http10 = made.keep_alive = false;  // the row says what it is
    }
    if (on("abort", {1, 10})) made.cut_at = static_cast<int>(random_.below(1000));
    if (random_.chance({1, 3})) made.think = upTo(made_.calm_only ? 200ms : 3s);
    made.answer = answer();
    made.words = made_.has("be");
    if (on("dawdle", {1, 3}) && made.service >= 0)
      dawdle(made.answer, made_.config.services[static_cast<std::size_t>(made.service)].timeouts.response_idle,
             random_);
    if (!canShow(made)) made.answer.fault = AnswerFault::None;
    if (on("upgrade", {1, 6}) && !made.http10 && made.framing == Framing::None && made.malformed < 0) upgrade(made);
    return made;
  }

  void upgrade(Request& made) {
    made.method = "GET";
    made.upgrade = true;
    made.close = made.keep_alive = false;
    if (random_.chance({1, 4})) return;  // refused: an answer like any other
    made.answer.status = 101;
    made.answer.interim = made.answer.close = false;
    made.answer.framing = Framing::None;
    made.answer.bytes = 0;
    if (made.answer.fault != AnswerFault::Silence && made.answer.fault != AnswerFault::NoAnswerReset)
      made.answer.fault = AnswerFault::None;
    made.tunnel.up = bodySize();
    made.tunnel.down = bodySize();
    using enum Tunnel::End;
    made.tunnel.end = oneOf({Client, Backend, ClientReset, BackendReset, Client, Backend});
    made.tunnel.eager = made.cut_at < 0 && on("eager_tunnel", {1, 2});
    if (made.tunnel.eager) ++made.tunnel.down;  // by which the client knows that all it said was heard
  }

  Client client() {
    Client made;
    made.start = upTo(random_.chance({1, 2}) ? 10ms : 5s);
    if (made_.has("pipelining")) made.pipeline = number(1, 6);
    if (on("slow_client", {1, 3})) {
      made.piece = number(1, 400);
      made.gap = upTo(oneOf<Duration>({100us, 1ms, 20ms}));
    }
    const Duration head_time = made_.config.timeouts.request_header;
    if (head_time >= 5ms && head_time <= 10s && on("slowloris", {1, 4})) {
      made.pipeline = 1;
      made.piece = number(1, 3);
      made.gap = head_time / 8;
    }
    if (on("small", {1, 4})) made.reading = Reading::Small;
    if (made.reading == Reading::Small && random_.chance({1, 2})) made.pace = oneOf<Duration>({100us, 1ms, 10ms});
    if (on("never_reads", {1, 6})) made.reading = Reading::Never;
    made.cut = oneOf({Cut::Reset, Cut::HalfClose, Cut::Silence});
    made.half_close = on("half_close", {1, 4});
    made.patience = made_.calm_only ? Duration(1h) : oneOf<Duration>({300ms, 3s, 15s, 60s, 3h});
    const std::uint64_t count = random_.between(1, random_.chance({1, 4}) ? 40 : 8);
    for (std::uint64_t i = 0; i < count; ++i) made.requests.push_back(request());
    if (on("dawdle", {1, 3})) dawdle(made, made_.config.timeouts.request_body_idle, random_);
    return made;
  }

  void faults() {
    struct Row {
      const char* family;
      FaultKind kind;
      enum class Where : std::uint8_t { Backend, Anywhere, Proxy, BackendOrProxy, Name } where;
    };
    using enum Row::Where;
    static constexpr auto kRows = std::to_array<Row>({{"stall", FaultKind::Stall, Anywhere},
                                                      {"stall_one_way", FaultKind::StallTo, Anywhere},
                                                      {"stall_one_way", FaultKind::StallFrom, Anywhere},
                                                      {"black_hole", FaultKind::BlackHole, Backend},
                                                      {"refuse", FaultKind::Refuse, Backend},
                                                      {"kill", FaultKind::Kill, Backend},
                                                      {"slow_network", FaultKind::Slow, Anywhere},
                                                      {"pause", FaultKind::Pause, BackendOrProxy},
                                                      {"exhausted", FaultKind::AcceptExhausted, Proxy},
                                                      {"exhausted", FaultKind::ConnectExhausted, Proxy},
                                                      {"dns", FaultKind::DnsFails, Name},
                                                      {"dns", FaultKind::DnsEmpty, Name},
                                                      {"dns", FaultKind::DnsSilent, Name},
                                                      {"dns", FaultKind::DnsMoves, Name},
                                                      {"wall_jump", FaultKind::WallJump, Proxy},
                                                      {"hang_up", FaultKind::HangUp, Backend},
                                                      {"backlog", FaultKind::BacklogFull, BackendOrProxy},
                                                      {"few_ports", FaultKind::FewPorts, Proxy}});
    if (outage_) addOutage(made_, random_);
    if (on("idle_answer", {1, 3})) addHiccups(made_, random_);
    for (const Row& row : kRows) {
      if (!made_.has(row.family) || (row.where == Name && !made_.has("names"))) continue;
      for (std::uint64_t i = random_.between(1, 3); i > 0; --i) {
        Fault fault{.kind = row.kind, .at = upTo(8s), .length = upTo(oneOf<Duration>({10ms, 1s, 10s}))};
        if (made_.has("long_faults") && random_.chance({1, 3}) && row.kind != FaultKind::Pause) {
          fault.at = upTo(10ms);
          fault.length = 1h;  // the storm does not see its end
        }
        fault.who = static_cast<int>(random_.below(made_.backends.size()));
        if (row.where == Anywhere && random_.chance({1, 3})) fault.who = kClientsSide;
        if (row.where == Proxy || (row.where == BackendOrProxy && random_.chance({1, 3}))) fault.who = kProxySide;
        if (row.where == Name && random_.chance({1, 4})) fault.at = {};  // lb starts with it
        if (row.kind == FaultKind::Pause) fault.length = std::min<Duration>(fault.length, 1s);
        made_.faults.push_back(fault);
      }
    }
  }

  Prng random_, be_, traffic_;
  Scenario made_;
  std::uint64_t last_id_ = 0;
  int huge_ = 0;
  bool outage_ = false;
};

}  // namespace

Scenario generate(std::uint64_t seed) {
  return Generator(seed).make();
}

}  // namespace sim::plan
