// See os_resolver.h.
#include "lb/os/os_resolver.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "lb/base/check.h"
#include "lb/os/socket.h"
#include "lb/os/unique_fd.h"

namespace lb::os {
namespace {

constexpr Duration kNoTtl{};

Result<Resolved> toResult(const std::string& host, int status, const ares_addrinfo* info) {
  Resolved found;
  if (status == ARES_ENODATA) return found;  // the name exists, without addresses
  if (status != ARES_SUCCESS) return fail("cannot resolve " + host + ": " + ares_strerror(status));
  std::optional<Duration> ttl;
  for (const ares_addrinfo_node* node = info->nodes; node != nullptr; node = node->ai_next) {
    if (node->ai_family != AF_INET && node->ai_family != AF_INET6) continue;
    SocketAddress address;
    std::copy_n(reinterpret_cast<const char*>(node->ai_addr), node->ai_addrlen,
                reinterpret_cast<char*>(&address.storage));
    const IpAddress ip = fromSocketAddress(address).ip;
    if (std::ranges::find(found.addresses, ip) == found.addresses.end()) found.addresses.push_back(ip);
    const Duration node_ttl = std::chrono::seconds(std::max(node->ai_ttl, 0));
    ttl = ttl ? std::min(*ttl, node_ttl) : node_ttl;
  }
  for (const ares_addrinfo_cname* alias = info->cnames; alias != nullptr; alias = alias->next) {
    if (ttl) ttl = std::min<Duration>(*ttl, std::chrono::seconds(std::max(alias->ttl, 0)));
  }
  found.ttl = ttl.value_or(kNoTtl);
  return found;
}

bool isLocalhost(std::string_view host) {
  constexpr std::string_view kName = "localhost";
  if (host.ends_with('.')) host.remove_suffix(1);
  return std::ranges::equal(host, kName, [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a | 0x20 : a) == b; });
}

}  // namespace

// The caller's handle. Delivers through a wake, so the event never comes from inside lookup().
class OsResolver::Lookup final : public Disposable, private Wakeable {
 public:
  Lookup(OsLoop& loop, ResolveEvents& events) : loop_(loop), events_(events) {}
  ~Lookup() override;

  void attach(Query* query) { query_ = query; }
  void complete(Result<Resolved> result) {
    query_ = nullptr;
    result_ = std::move(result);
    loop_.wake(*this);
  }

 private:
  void onWake() override { events_.onResolved(std::move(result_)); }  // may destroy this object

  OsLoop& loop_;
  ResolveEvents& events_;
  Query* query_ = nullptr;  // null before and after
  Result<Resolved> result_;
};

// One question. It outlives a handle that was dropped, as single questions cannot be taken back.
class OsResolver::Query final : public DnsChannel::Asker {
 public:
  Query(OsResolver& resolver, std::uint64_t id, std::string host, Lookup& lookup)
      : resolver_(resolver), id_(id), host_(std::move(host)), lookup_(&lookup) {}

  [[nodiscard]] const std::string& host() const { return host_; }
  void forget();  // nobody wants to know any more

 private:
  void onAnswer(int status, const ares_addrinfo* info) override;

  OsResolver& resolver_;
  std::uint64_t id_;
  std::string host_;
  Lookup* lookup_;
};

void OsResolver::Query::forget() {
  if (lookup_ != nullptr) std::exchange(lookup_, nullptr)->attach(nullptr);
}

OsResolver::Lookup::~Lookup() {
  if (query_ != nullptr) query_->forget();
}

void OsResolver::Query::onAnswer(int status, const ares_addrinfo* info) {
  if (lookup_ != nullptr) {
    Result<Resolved> result = toResult(host_, status, info);
    // "localhost" means this machine even if no hosts file says so (RFC 6761 6.3).
    if ((!result || result->addresses.empty()) && isLocalhost(host_)) {
      result = Resolved{{*IpAddress::parse("127.0.0.1"), *IpAddress::parse("::1")}, kNoTtl};
    }
    lookup_->complete(std::move(result));
  }
  resolver_.queries_.erase(id_);  // destroys this object
}

std::optional<OsResolver::FileVersion> OsResolver::FileVersion::of(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat seen{};
  if (!file.valid()) return errno == ENOENT ? std::optional<FileVersion>(FileVersion{}) : std::nullopt;
  if (fstat(file.get(), &seen) != 0) return std::nullopt;
  return FileVersion{.device = seen.st_dev,
                     .inode = seen.st_ino,
                     .bytes = seen.st_size,
                     .changed_s = seen.st_mtim.tv_sec,
                     .changed_ns = seen.st_mtim.tv_nsec,
                     .touched_s = seen.st_ctim.tv_sec,
                     .touched_ns = seen.st_ctim.tv_nsec};
}

OsResolver::OsResolver(OsLoop& loop, const std::vector<Address>& servers, ResolvConf resolv_conf)
    : loop_(loop),
      servers_(servers),
      resolv_conf_(std::move(resolv_conf)),
      version_(FileVersion::of(resolv_conf_.path).value_or(FileVersion{})),
      channel_(std::make_unique<DnsChannel>(loop_, servers_, resolv_conf_)) {}

OsResolver::~OsResolver() {
  for (auto& [id, query] : queries_) query->forget();
  leaving_.clear();
  channel_.reset();
}

// An old channel ends when it has nothing to do, and not from inside its own answers.
void OsResolver::renewChannel() {
  std::erase_if(leaving_, [](const auto& channel) { return channel->idle(); });
  if (!servers_.empty()) return;
  const std::optional<FileVersion> version = FileVersion::of(resolv_conf_.path);
  if (!version || *version == version_) return;
  auto renewed = std::make_unique<DnsChannel>(loop_, servers_, resolv_conf_);
  if (!renewed->unusable().empty() && channel_->unusable().empty()) return;
  version_ = *version;
  leaving_.push_back(std::exchange(channel_, std::move(renewed)));
}

std::unique_ptr<Disposable> OsResolver::lookup(std::string_view host, ResolveEvents& events) {
  auto lookup = std::make_unique<Lookup>(loop_, events);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const std::string name(bracketed ? host.substr(1, host.size() - 2) : host);
  if (const std::optional<IpAddress> literal = IpAddress::parse(name)) {
    lookup->complete(Resolved{{*literal}, kNoTtl});
    return lookup;
  }
  renewChannel();
  if (!channel_->unusable().empty()) {
    lookup->complete(fail("cannot resolve " + name + ": " + channel_->unusable()));
    return lookup;
  }
  const auto [place, added] = queries_.emplace(next_query_, std::make_unique<Query>(*this, next_query_, name, *lookup));
  ++next_query_;
  lookup->attach(place->second.get());
  channel_->ask(name, *place->second);  // may answer at once
  return lookup;
}

}  // namespace lb::os
