// See operator.h.
#include "sim/run/operator.h"

#include <charconv>
#include <utility>

#include "sim/actor/raw_client.h"
#include "sim/run/orders.h"

namespace sim::run {

namespace {

constexpr const char* kOperatorIp = "127.0.0.1";  // whatever changes something is for the proxy's own machine

std::uint64_t numberBehind(std::string_view text, std::string_view words) {
  const std::size_t at = text.find(words);
  std::uint64_t number = 0;
  if (at != std::string_view::npos) std::from_chars(text.data() + at + words.size(), text.data() + text.size(), number);
  return number;
}

}  // namespace

// One request on a connection of its own, until that ends.
class Operator::Ask final : public actor::RawEnd {
 public:
  Ask(const lb::Env& env, std::function<void(const std::string&)> then)
      : RawEnd(env.loop, env.network.connect({*lb::IpAddress::parse(plan::kProxyIp), plan::kAdminPort})),
        then_(std::move(then)) {}

 private:
  void onReceived() override {
    if (ended() == lb::IoStatus::Ok) return;
    close();
    if (then_) std::exchange(then_, {})(received());
  }
  std::function<void(const std::string&)> then_;
};

Operator::Operator(net::Fabric& fabric, Proxy& proxy, const plan::Scenario& scenario, check::Ledger& ledger)
    : proxy_(proxy), scenario_(scenario), ledger_(ledger) {
  if (!scenario.has("control_plane")) return;
  host_ = &fabric.addHost("operator", kOperatorIp);
  // It is the same machine: no way between them, whatever the network is like.
  net::Host* const proxys = fabric.hostAt(*lb::IpAddress::parse(plan::kProxyIp));
  fabric.setRulesBothWays(*host_, *proxys, net::LinkRules{});
  env_ = std::make_unique<net::SimEnv>(fabric, *host_, "operator");
}

Operator::~Operator() = default;

// One after the other.
void Operator::later(std::function<void()> step) {
  todo_.push_back(std::move(step));
  next();
}

// Of a proxy that drains nobody wants anything more.
void Operator::next() {
  if (ledger_.drainingSince() != check::kNever) todo_.clear();
  while (current_ == nullptr && !todo_.empty()) {
    const auto step = std::move(todo_.front());
    todo_.pop_front();
    step();
  }
}

void Operator::bring(const lb::config::Config& config, std::function<void()> taken) {
  const Offer offer = [this, config, taken = std::move(taken)] { proxy_.offer(config, taken); };
  if (host_ == nullptr) {
    offer();
    proxy_.control().reload();
    return;
  }
  lookAround();
  const std::uint64_t number = brought_++;
  switch (number % 3) {
    case 0: later([this, number, offer] { bringBySignal(number, offer); }); return;
    case 1: bringByPost(number, offer); return;
    default: later([this, number, offer] { bringByFile(number, offer); }); return;
  }
}

void Operator::bringBySignal(std::uint64_t number, const Offer& offer) {
  const Reloads before = reloads();
  proxy_.spoil(number);
  proxy_.control().reload();
  offer();
  proxy_.control().reload();
  expect(reloads() == Reloads{before.ok + 1, before.failed + 1}, "safety.reload",
         "of a broken configuration and a good one by a signal {} were taken over, {} refused",
         reloads().ok - before.ok, reloads().failed - before.failed);
  ledger_.leave(check::Mark::ReloadRefused);
}

void Operator::bringByPost(std::uint64_t number, const Offer& offer) {
  later([this, number] {
    proxy_.spoil(number);
    ask("POST", "/reload", [this](const actor::Message& answer) {
      expect(answer.status() == 422 && answer.body.starts_with("{\"reloaded\":false,") &&
                 answer.body.find("\"message\"") != std::string::npos,
             "safety.reload", "POST /reload of a broken configuration is answered with {}: {}", answer.status(),
             answer.body);
      ledger_.leave(check::Mark::ReloadRefused);
    });
  });
  later([this, offer] {
    offer();
    ask("POST", "/reload", [this](const actor::Message& answer) {
      expect(answer.status() == 200 && answer.body.starts_with("{\"reloaded\":true,"), "safety.reload",
             "POST /reload of a good configuration is answered with {}: {}", answer.status(), answer.body);
      ledger_.leave(check::Mark::ReloadedByPost);
    });
  });
}

// The first time it is broken, and in the end somebody has only touched it.
void Operator::bringByFile(std::uint64_t number, const Offer& offer) {
  const std::string old = lb::config::dump(proxy_.config());
  Reloads counted = reloads();
  const auto expectCounted = [&](const char* what) {
    const Reloads now = reloads();
    expect(now == counted, "safety.reload", "{}: {} reloads and {} refused, where {} and {} belong", what, now.ok,
           now.failed, counted.ok, counted.failed);
  };
  proxy_.spoil(number);
  proxy_.fileChanged();
  ++counted.failed;
  expectCounted("a file that is no configuration");
  proxy_.offer(proxy_.config(), [] {});
  proxy_.fileChanged();
  expectCounted("a file that is put back to what is in force");
  expect(numberBehind(proxy_.control().metrics(), "\nlb_config_last_reload_successful ") == 1, "safety.reload",
         "the file is what is in force again, and the latest one counts as refused");
  offer();
  proxy_.fileChanged();
  if (lb::config::dump(proxy_.config()) != old) ++counted.ok;
  expectCounted("a file that has changed");
  proxy_.fileChanged();
  expectCounted("a file that means what is in force");
  ledger_.leave(check::Mark::ReloadRefused);
  ledger_.leave(check::Mark::ReloadedByFile);
}

void Operator::drain(std::uint32_t backend, bool on) {
  order(backend, on ? "drain" : "enable",
        {.kind = on ? Kind::Drain : Kind::Enable, .service = {}, .backend = {}, .weight = {}});
}

void Operator::weigh(std::uint32_t backend, bool on) {
  order(backend, on ? "weight?value=0" : "weight?value=auto",
        {.kind = Kind::Weight,
         .service = {},
         .backend = {},
         .weight = on ? std::optional<std::uint32_t>(0) : std::nullopt});
}

// Of a host that the configuration has by its name, or by its address.
void Operator::order(std::uint32_t backend, std::string_view words, lb::admin::BackendOrder order) {
  for (const lb::config::Service& service : scenario_.config.services) {
    for (const std::string& host : {plan::backendIp(backend), plan::backendName(backend)}) {
      order.service = service.name;
      order.backend = fmt::format("{}:{}", host, plan::kBackendPort);
      if (host_ == nullptr) {
        const auto listed = listedFor(order, proxy_.control().backends());
        judge(order, proxy_.control().order(order) > 0, listed);
        continue;
      }
      const std::string target = fmt::format("/backends/{}/{}/{}", order.service, order.backend, words);
      later([this, target, order] {
        const auto listed = listedFor(order, proxy_.control().backends());
        ask("POST", target, [this, target, order, listed](const actor::Message& answer) {
          expect(answer.status() == 200 || answer.status() == 404, "safety.control_plane",
                 "POST {} is answered with {}", target, answer.status());
          judge(order, answer.status() == 200, listed);
          if (answer.status() == 200) ledger_.leave(check::Mark::OrderedOverHttp);
        });
      });
    }
  }
}

void Operator::judge(const lb::admin::BackendOrder& order, bool taken, const std::set<std::string>& listed) {
  const std::string wrong = judgeOrder(order, taken, listed, proxy_.control().backends());
  expect(wrong.empty(), "safety.control_plane", "{}", wrong);
}

// What anybody who watches it asks all the time.
void Operator::lookAround() {
  for (const char* target : {"/metrics", "/stats", "/backends", "/config", "/readyz"}) {
    todo_.emplace_back([this, target] {
      ask("GET", target, [this, target](const actor::Message& answer) {
        expect(answer.status() == 200 && !answer.body.empty(), "safety.control_plane", "GET {} is answered with {}",
               target, answer.status());
        if (std::string_view(target) != "/config") return;
        const auto parsed = lb::config::parse(answer.body);
        expect(parsed.has_value(), "safety.control_plane", "what GET /config shows is no configuration");
        if (!parsed) return;
        const std::string shown = lb::config::dump(parsed->config);
        expect(shown == lb::config::dump(proxy_.config()), "safety.control_plane",
               "GET /config does not show what is in force");
      });
    });
  }
}

void Operator::ask(const std::string& method, const std::string& target, Judge judge) {
  const std::string what = fmt::format("{} {}", method, target);
  ledger_.trace("operator asks {}", what);
  current_ = std::make_unique<Ask>(env_->env(), [this, what, judge = std::move(judge)](const std::string& received) {
    onAnswer(received, what, judge);
  });
  current_->send(fmt::format("{} HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n{}\r\n", what,
                             method == "POST" ? "Content-Length: 0\r\n" : ""));
}

// A control plane that ends takes what it was asked last with it.
void Operator::onAnswer(const std::string& received, const std::string& what, const Judge& judge) {
  const auto answer = actor::firstMessage(received, actor::MessageKind::Response, true);
  const bool ends = ledger_.drainingSince() != check::kNever;
  expect(ends || answer.has_value(), "safety.control_plane", "{} got no whole answer, but \"{}\"", what, received);
  if (answer && !ends) judge(*answer);
  env_->loop.post([this] {
    current_.reset();
    next();
  });
}

Operator::Reloads Operator::reloads() {
  const std::string metrics = proxy_.control().metrics();
  return {.ok = numberBehind(metrics, "lb_config_reloads_total{result=\"ok\"} "),
          .failed = numberBehind(metrics, "lb_config_reloads_total{result=\"failed\"} ")};
}

}  // namespace sim::run
