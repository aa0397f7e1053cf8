// See roster.h.
#include "lb/back/roster.h"

#include <algorithm>

#include "lb/back/share.h"

namespace lb::back {

using balance::Without;

void Roster::configure(const config::Service& settings) {
  if (settings_ == nullptr || balance_ != settings.balance || hash_ != settings.hash) {
    hosts_.policy = balance::makePolicy(settings, random_);
    backups_.policy.reset();
  }
  settings_ = &settings;
  balance_ = settings.balance;
  hash_ = settings.hash;
}

void Roster::assign(std::vector<Member> members) {
  members_ = std::move(members);
  hosts_.backends.clear();
  backups_.backends.clear();
  seen_version_ = 0;
}

void Roster::refresh(MonoTime now) {
  const std::uint64_t version = shared_.version.load(std::memory_order_acquire);
  if (version == seen_version_ && now < lasts_) return;
  seen_version_ = version;
  lasts_ = kNever;
  for (Tier* tier : {&hosts_, &backups_}) {
    tier->backends.clear();
    tier->candidates.clear();
    tier->by_id.clear();
    tier->version = ++version_;
  }
  for (const Member& member : members_) {
    SharedBackend& shared = member.backend->shared();
    balance::Candidate& candidate = member.backend->candidate();
    candidate.full_weight = fullWeight(shared, member.weight);
    candidate.weight = weightAt(candidate.full_weight, shared, shared_, now);
    lasts_ = std::min(lasts_, weightLasts(shared, shared_, now));
    if (candidate.weight > 0) offer(member.backup ? backups_ : hosts_, *member.backend);
  }
}

void Roster::offer(Tier& tier, Backend& backend) {
  tier.backends.push_back(&backend);
  tier.candidates.push_back(&backend.candidate());
}

std::optional<std::size_t> Roster::find(Tier& tier, std::uint64_t id) {
  if (tier.by_id.empty()) {
    for (std::size_t i = 0; i < tier.backends.size(); ++i) tier.by_id.emplace_back(tier.backends[i]->id(), i);
    std::ranges::sort(tier.by_id);
  }
  const auto place = std::ranges::lower_bound(tier.by_id, std::pair(id, std::size_t{0}));
  if (place == tier.by_id.end() || place->first != id) return std::nullopt;
  return place->second;
}

Without Roster::placesOf(const Tier& tier, std::span<const std::uint64_t> those) {
  without_.clear();
  for (std::size_t i = 0; i < tier.backends.size() && !those.empty(); ++i) {
    if (std::ranges::find(those, tier.backends[i]->id()) != those.end()) without_.push_back(i);
  }
  return without_;
}

Backend* Roster::pickFrom(Tier& tier, const PickRequest& request, Without without, MonoTime now) {
  passed_on_ = false;
  if (request.wanted != 0) {
    const auto wanted = find(tier, request.wanted);
    if (wanted && !balance::isIn(without, *wanted)) return tier.backends[*wanted];
  }
  if (!tier.policy) tier.policy = balance::makePolicy(*settings_, random_);
  const balance::Candidates candidates{tier.candidates, tier.version};
  const balance::Ask ask{.key = request.key, .without = without, .now = now, .passed_on = &passed_on_};
  return tier.backends[tier.policy->pick(candidates, ask)];
}

Without Roster::busyOr(const Tier& tier, std::span<const std::uint64_t> those) {
  const config::ServiceLimits& limits = settings_->limits;
  if (limits.max_inflight == 0 && !limits.adaptive.enabled) return placesOf(tier, those);
  without_.clear();
  for (std::size_t i = 0; i < tier.backends.size(); ++i) {
    const bool tried = std::ranges::find(those, tier.backends[i]->id()) != those.end();
    if (tried || !tier.backends[i]->hasRoom()) without_.push_back(i);
  }
  return without_;
}

Roster::Tier* Roster::tierFor(std::span<const std::uint64_t> tried, MonoTime now) {
  refresh(now);
  for (Tier* tier : {&hosts_, &backups_}) {
    if (placesOf(*tier, tried).size() < tier->backends.size()) return tier;
  }
  return nullptr;
}

Backend* Roster::pick(const PickRequest& request, MonoTime now) {
  Tier* tier = tierFor(request.tried, now);
  if (tier == nullptr) return nullptr;
  const Without without = busyOr(*tier, request.tried);
  return without.size() < tier->backends.size() ? pickFrom(*tier, request, without, now) : nullptr;
}

bool Roster::canPick(std::span<const std::uint64_t> tried, MonoTime now) {
  const Tier* tier = tierFor(tried, now);
  return tier != nullptr && busyOr(*tier, tried).size() < tier->backends.size();
}

bool Roster::hasOther(std::span<const std::uint64_t> than, MonoTime now) {
  return tierFor(than, now) != nullptr;
}

}  // namespace lb::back
