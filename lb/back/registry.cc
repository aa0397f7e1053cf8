// See registry.h.
#include "lb/back/registry.h"

namespace lb::back {

template <class Key, class Shared>
template <class... Args>
std::shared_ptr<Shared> Registry::Shelf<Key, Shared>::findOrMake(const Key& key, Args&&... args) {
  if (const auto found = known.find(key); found != known.end()) {
    if (auto alive = found->second.lock()) return alive;
  }
  if (known.size() >= tidy_at) {
    std::erase_if(known, [](const auto& entry) { return entry.second.expired(); });
    tidy_at = 2 * known.size() + 16;
  }
  auto made = std::make_shared<Shared>(std::forward<Args>(args)...);
  known[key] = made;
  return made;
}

template <class Key, class Shared>
std::vector<std::shared_ptr<Shared>> Registry::Shelf<Key, Shared>::alive() const {
  std::vector<std::shared_ptr<Shared>> all;
  for (const auto& [key, shared] : known) {
    if (auto one = shared.lock()) all.push_back(std::move(one));
  }
  return all;
}

std::shared_ptr<SharedService> Registry::service(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  return services_.findOrMake(name, name);
}

std::shared_ptr<SharedBackend> Registry::join(const std::string& service, const std::string& label,
                                              const Address& address, MonoTime now, bool warm) {
  const std::scoped_lock lock(mutex_);
  auto backend = backends_.findOrMake(std::pair(service, address), service, label, address);
  if (backend->members.fetch_add(1, std::memory_order_relaxed) == 0) {
    backend->joined.store(now.since_start.count(), std::memory_order_relaxed);
    backend->since.store(warm ? 0 : now.since_start.count(), std::memory_order_relaxed);
    static_cast<void>(backend->health.change({.set = Health::kUnseen}));
    backend->latency.forget();
    backend->gradient.forget(now);
  }
  return backend;
}

std::vector<std::shared_ptr<SharedBackend>> Registry::backends() {
  const std::scoped_lock lock(mutex_);
  return backends_.alive();
}

std::vector<std::shared_ptr<SharedService>> Registry::services() {
  const std::scoped_lock lock(mutex_);
  return services_.alive();
}

}  // namespace lb::back
