// Who of a service's backends may be picked, and the pick: hosts first, and those that are backups only when no host is
// left to try. One worker's.
//
// What it goes by is kept until something changes: the backends themselves, SharedService::version, or the weight of a
// backend that starts slowly. Until then a pick allocates nothing.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "lb/back/backend.h"
#include "lb/balance/policy.h"

namespace lb::back {

// What of a request decides where it goes.
struct PickRequest {
  std::optional<std::uint64_t> key{};      // of `balance: hash`
  std::uint64_t wanted = 0;                // the backend that a sticky client asks for, by its id; 0: none
  std::span<const std::uint64_t> tried{};  // ids of those that have had it already; they may have gone meanwhile
};

class Roster {
 public:
  struct Member {
    Backend* backend = nullptr;
    std::uint32_t weight = 1;  // as configured
    bool backup = false;
  };

  Roster(const SharedService& shared, Random& random) : shared_(shared), random_(random) {}

  // REQUIRES: the settings live as long as this. A policy whose own settings stay keeps its state.
  void configure(const config::Service& settings);
  // From now on these, in the configuration's order; those that are not among them may be destroyed.
  void assign(std::vector<Member> members);

  // One that has room and is none of those tried. Null: there is nobody. Backups are for when no host is left to try,
  // not for when all are busy.
  [[nodiscard]] Backend* pick(const PickRequest& request, MonoTime now);
  // Did `hash.max_load` lead the last pick away from the backend of its key?
  [[nodiscard]] bool passedOn() const { return passed_on_; }
  [[nodiscard]] bool canPick(std::span<const std::uint64_t> tried, MonoTime now);  // would pick() find one?
  // Is there one besides those, whether it has room or not?
  [[nodiscard]] bool hasOther(std::span<const std::uint64_t> than, MonoTime now);

 private:
  struct Tier {
    std::vector<Backend*> backends;               // that may be picked
    std::vector<balance::Candidate*> candidates;  // parallel to them
    std::uint64_t version = 0;
    std::unique_ptr<balance::Policy> policy;                   // made when it is first needed
    std::vector<std::pair<std::uint64_t, std::size_t>> by_id;  // sorted; made when it is first needed
  };

  void refresh(MonoTime now);
  void offer(Tier& tier, Backend& backend);
  [[nodiscard]] static std::optional<std::size_t> find(Tier& tier, std::uint64_t id);
  // Their places in the tier, in its order.
  [[nodiscard]] balance::Without placesOf(const Tier& tier, std::span<const std::uint64_t> those);
  // And of those that are busy; all of them if nobody is left.
  [[nodiscard]] balance::Without busyOr(const Tier& tier, std::span<const std::uint64_t> those);
  [[nodiscard]] Tier* tierFor(std::span<const std::uint64_t> tried, MonoTime now);  // null: nobody is left to try
  [[nodiscard]] Backend* pickFrom(Tier& tier, const PickRequest& request, balance::Without without, MonoTime now);

  const SharedService& shared_;
  Random& random_;
  const config::Service* settings_ = nullptr;
  config::Balance balance_{};
  config::Hash hash_;
  std::vector<Member> members_;
  Tier hosts_;
  Tier backups_;
  std::uint64_t seen_version_ = 0;  // of the shared service; 0: look again
  std::uint64_t version_ = 0;       // of what the policies are offered
  MonoTime lasts_{};
  bool passed_on_ = false;
  std::vector<std::size_t> without_;  // scratch
};

}  // namespace lb::back
