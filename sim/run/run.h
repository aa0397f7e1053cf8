// One scenario from its first event to its last, judged all the way:
//   storm     the clients do what they are here for, faults come and go;
//   patience  the network is well again, nobody asks for more, backends and clients stay as bad as they are: every
//             exchange has to end by its own deadlines, every connection by its own timeouts;
//   calm      whoever is left goes away; fresh requests have to succeed, spread as the policy says;
//   drain     and then nothing may be left of anything, and the proxy's numbers have to be the truth.
// A scenario with `drain_in_storm` goes from the storm straight to its drain.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "sim/actor/client.h"
#include "sim/check/ledger.h"
#include "sim/check/stream_watch.h"
#include "sim/core/trace.h"
#include "sim/run/stage.h"

namespace sim::run {

class Run final : public ProxyOutput {
 public:
  explicit Run(const plan::Scenario& scenario, bool traced = false);
  ~Run();

  // False: look at ledger().violation(). REQUIRES after a failure: nobody destroys this object, because everything in
  // it stands in the middle of something.
  [[nodiscard]] bool go();

  [[nodiscard]] const check::Ledger& ledger() const { return ledger_; }
  [[nodiscard]] World& world() { return world_; }
  [[nodiscard]] Trace& trace() { return *trace_; }                    // REQUIRES: traced
  [[nodiscard]] NextDraws nextDraws();                                // once it is over
  [[nodiscard]] std::uint64_t requests() const { return requests_; }  // that were sent, once it is over

 private:
  static constexpr std::uint64_t kEventsMax = 20'000'000;
  // Of one instant: the end of a stall lets a few hundred thousand bytes go at once, in segments of one.
  static constexpr std::uint64_t kEventsAtOnceMax = 2'000'000;
  static constexpr Duration kLong = std::chrono::seconds(2);  // of an answer: longer than several others take
  static constexpr std::uint64_t kTurnsOfAnIdleProxy = 300;   // in ten seconds

  void onLog(lb::LogLevel level, std::string_view line) override;
  void onAccess(std::string_view line) override;

  // Or until something failed. `look_every`: events between two questions, if they cost a lot.
  bool until(const std::function<bool()>& done, Duration limit, std::uint64_t look_every = 1);
  void pass(Duration time) {
    static_cast<void>(until([] { return false; }, time));
  }
  template <class... Args>
  void expect(bool holds, check::Class kind, const char* invariant, fmt::format_string<Args...> what, Args&&... args) {
    ledger_.expect(holds, kind, invariant, 0, what, std::forward<Args>(args)...);
  }
  void checkHeld();
  void checkSockets(std::uint64_t pooled);
  void checkQueues();
  [[nodiscard]] std::uint64_t heldMax(std::uint64_t connections) const;
  void checkPool(const lb::config::Service& service, std::uint64_t idle);
  void reload(std::uint64_t number);
  void renameHosts();
  void labelsAreRight();
  void touch();
  void start();
  void storm();
  void patience();
  void checkRemovedHosts();
  void calm();
  void fresh();
  void recover();
  [[nodiscard]] std::uint64_t turnsOfHealth(const lb::config::Service& service) const;
  void census();
  void countPicks(std::size_t service, const lb::config::Service& settings);
  void weighOneByHand(std::size_t service);
  [[nodiscard]] std::vector<double> expectedShares(const lb::config::Service& service) const;
  void judgeCensus(const lb::config::Service& service, std::uint64_t first, std::uint64_t last);
  void affinity();
  [[nodiscard]] bool goesByAKey(std::size_t service) const;
  void keysStay(std::size_t service);
  void busyKeyMovesOn(std::size_t service);
  void keysOutliveAHost(std::size_t service);
  void stickyClientsStay(std::size_t service);
  void preferences();
  void newcomerIsSpared(std::size_t service);
  void uploads();
  void stoppedIsForgiven(std::size_t service);
  void expectantMayWait(std::size_t service);
  void clientKeepsTheRest(std::size_t service);
  void ejections();
  void sickIsEjected(std::size_t service);
  void farIsEjected(std::size_t service);
  void probationIsOne(std::size_t service, std::uint32_t who);
  void checks();
  void failingIsNoticed(std::size_t service);
  // `how` None: nobody listens there any more.
  void failChecks(std::uint32_t who, actor::CheckFailure how, bool on);
  void allComeBack(actor::CheckFailure how);
  void panicSpreads(std::size_t service, const std::vector<std::uint32_t>& victims);
  void checksHaveJitter(std::size_t service);
  void newcomerIsChecked(std::size_t service);
  void checksAreBrought(std::size_t service);
  void checksPassAgain(std::size_t service, std::uint32_t who, check::Mark mark);  // those that were made to fail
  void takeOver(const lb::config::Config& config);                                 // by a reload, in the calm
  void checkShown();  // what the control plane shows of health
  void limits();
  void ratesAreRaised();
  void leaversAreForgotten(std::size_t service);
  void renames();
  void returns();
  void leavesItsNameAndReturns(const lb::config::Service& service, const lb::config::Host& host);
  void pools();
  void poolsAllowLess(std::size_t service);
  void retries();
  void attemptsArePausedBetween(std::size_t service);
  void adaptiveIsBounded(std::size_t service);
  void busyIsAvoided(std::size_t service);
  void slowIsAvoided(std::size_t service);
  // Are stories told in which times of a second count? In the calm only who is far away has a long way.
  [[nodiscard]] bool waysAreShort() const { return plan::farthest(scenario_) <= std::chrono::milliseconds(5); }
  // May several clients be connected at a time?
  [[nodiscard]] bool hasRoom() const {
    const lb::config::ClientLimits& limits = scenario_.config.limits;
    return limits.max_connections >= 1000 && limits.max_connections_per_client == 0;
  }
  // Of a service with one host, which is not be's own code; -1: it has more, or that one.
  [[nodiscard]] int onlyBackend(const lb::config::Service& settings) const;
  // As the scenario has the service, some of whose limits the calm takes away.
  [[nodiscard]] const lb::config::Service& planned(const lb::config::Service& service) const {
    return *std::ranges::find(scenario_.config.services, service.name, &lb::config::Service::name);
  }
  // Has lb the patience for an answer that takes so long?
  [[nodiscard]] static bool waitsFor(const lb::config::Service& service, Duration answer);
  std::uint64_t askFor(std::size_t service, const plan::Answer& answer, bool held,
                       Duration patience = plan::Client{}.patience);
  std::uint64_t askWith(plan::Request request, bool held, Duration patience = plan::Client{}.patience);
  void othersGoElsewhere(std::size_t service, std::uint64_t than, const char* why);
  bool askInTurn(std::size_t service, const std::vector<std::string>& affinities);
  [[nodiscard]] int answererOf(std::uint64_t request);
  void restAWhile();
  void idleGuest();
  void busyGuest();
  void drain();
  void checkDrained(std::vector<std::uint64_t> in_flight);
  void finish();
  void ask(const plan::Client& client);
  [[nodiscard]] plan::Request plainRequest(const char* method, std::size_t service);
  [[nodiscard]] Duration longestDeadlines() const;
  [[nodiscard]] bool clientsDone() const;
  [[nodiscard]] bool badLuck(const check::Entry& entry) const;
  [[nodiscard]] bool takesLong(const plan::Request& request) const;

  const plan::Scenario& scenario_;
  World world_;
  std::optional<Trace> trace_;
  check::Ledger ledger_;
  lb::config::Config config_;  // in force
  std::unique_ptr<Stage> stage_;
  std::optional<check::StreamWatch> stream_watch_;
  MonoTime next_stream_look_{};
  std::vector<std::unique_ptr<actor::Client>> clients_;
  std::vector<std::unique_ptr<plan::Client>> more_;  // what the calm asks for
  std::uint64_t last_id_ = 0;
  std::uint64_t next_held_check_ = 0;
  MonoTime instant_{};
  std::uint64_t instant_begin_ = 0;  // the first event of it
  std::size_t blocks_seen_ = 0;
  std::uint64_t requests_ = 0;
};

}  // namespace sim::run
