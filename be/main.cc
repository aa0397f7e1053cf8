// be: a dummy backend. One process plays every host of every service in lb's configuration, or those that it is told.
#include <CLI/CLI.hpp>

#include <afe_revision.h>

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "be/backend.h"
#include "lb/config_file.h"
#include "lb/os/os_env.h"
#include "lb/os/os_listener.h"
#include "lb/os/process_info.h"
#include "lb/os/signal_source.h"
#include "lb/os/spdlog_logger.h"

namespace {

// A host that is a name is listened on at the addresses that it has here.
class BlockingLookup final : private lb::ResolveEvents {
 public:
  static lb::Result<std::vector<lb::IpAddress>> of(lb::os::OsEnv& world, const std::string& host) {
    if (const auto literal = lb::IpAddress::parse(host)) return std::vector{*literal};
    BlockingLookup lookup(world);
    const auto handle = world.resolver.lookup(host, lookup);
    while (!lookup.done_) world.loop.turn();
    if (!lookup.found_) return std::unexpected(lookup.found_.error());
    return lookup.found_->addresses;
  }

 private:
  explicit BlockingLookup(lb::os::OsEnv&) {}
  void onResolved(lb::Result<lb::Resolved> found) override {
    found_ = std::move(found);
    done_ = true;
  }
  lb::Result<lb::Resolved> found_;
  bool done_ = false;
};

constexpr lb::Duration kFinishMax = std::chrono::seconds(2);  // for what is being answered when it is told to end

// Leaves the hosts that are named, or all of them if none is.
lb::Result<void> choose(lb::config::Config& config, const std::vector<std::string>& labels) {
  if (labels.empty()) return {};
  std::set<std::string> known;
  for (lb::config::Service& service : config.services) {
    for (const lb::config::Host& host : service.hosts) known.insert(host.label());
    std::erase_if(service.hosts, [&](const auto& host) { return std::ranges::count(labels, host.label()) == 0; });
  }
  std::erase_if(config.services, [](const auto& service) { return service.hosts.empty(); });
  for (const std::string& label : labels) {
    if (!known.contains(label)) return lb::fail(fmt::format("{} is no host of the file", label));
  }
  return {};
}

int runBackends(const lb::config::Config& config, const be::Behaviour& defaults) {
  lb::os::raiseDescriptorLimit();
  auto log = lb::os::SpdlogLogger::open({.target = "stdout"});
  if (!log) {
    fmt::print(stderr, "be: {}\n", log.error().what);
    return 1;
  }
  lb::Logger& logger = **log;
  lb::os::OsEnv world(config.dns.servers);
  std::vector<std::unique_ptr<be::Backend>> backends;
  std::size_t busy = 0;  // of them, once it ends
  const auto patience = world.loop.makeTimer([&] { world.loop.stop(); });
  const auto finish = [&] {
    if (busy > 0) return world.loop.stop();  // asked a second time
    busy = backends.size();
    patience->arm(kFinishMax);
    for (const auto& backend : backends) {
      backend->drain([&] {
        if (--busy == 0) world.loop.stop();
      });
    }
  };
  lb::os::SignalSource signals(world.loop, {.on_terminate = finish, .on_hangup = [] {}, .on_user1 = [] {}});
  std::set<lb::Address> taken;  // services may share a host
  for (const lb::config::Service& service : config.services) {
    logger.write(lb::LogLevel::Info,
                 fmt::format("service {} at {}: {} host{}", service.name, fmt::join(service.domains, ", "),
                             service.hosts.size(), service.hosts.size() == 1 ? "" : "s"));
    for (const lb::config::Host& host : service.hosts) {
      const auto addresses = BlockingLookup::of(world, host.address);
      if (!addresses) {
        fmt::print(stderr, "be: cannot listen on {}: {}\n", host.label(), addresses.error().what);
        return 1;
      }
      backends.push_back(std::make_unique<be::Backend>(world.env(), be::BackendIdentity{service.name, host.label()},
                                                       defaults, logger));
      // Of a name's addresses not all need be this machine's, as ::1 of localhost where IPv6 is off.
      std::size_t tried = 0;
      bool listens = false;
      for (const lb::IpAddress& ip : *addresses) {
        const lb::Address at{ip, host.port};
        ++tried;
        if (!taken.insert(at).second) {
          logger.write(lb::LogLevel::Info,
                       fmt::format("{} is listened on already; {} shares it", at.toString(), service.name));
          listens = true;
          continue;
        }
        auto bound = lb::os::probeListen(at);
        if (bound) bound = backends.back()->listen(at);
        if (!bound) {
          fmt::print(stderr, "be: {}\n", bound.error().what);
          taken.erase(at);
          if (!listens && tried == addresses->size()) return 1;
          continue;
        }
        listens = true;
        logger.write(lb::LogLevel::Info, fmt::format("{} listens on {}", service.name, at.toString()));
      }
      if (!listens) {
        fmt::print(stderr, "be: cannot listen on {}: it has no address\n", host.label());
        return 1;
      }
    }
  }
  world.loop.run();
  for (const auto& backend : backends) backend->shutdownNow();
  world.loop.post([&] { world.loop.stop(); });
  world.loop.run();
  logger.write(lb::LogLevel::Info, "stopped");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "be, a dummy backend: answers on every host of every service in lb's configuration.\n\n"
      "The same words work in a URL, for one request: /delay/200ms/status/503, /size/1MiB/chunked, /echo,\n"
      "/size/1MiB/drip/100ms, /size/1MiB/close/64KiB; or as a query: ?delay=200ms&status=503.");
  std::string config_path = "config.yaml";
  std::vector<std::string> hosts;
  be::Behaviour defaults;
  app.add_option("--config", config_path, "lb's configuration file")->capture_default_str()->type_name("FILE");
  app.add_option("--host", hosts, "play this host of the file only, such as 127.0.0.1:9090; may be given several times")
      ->allow_extra_args(false)
      ->type_name("ADDRESS:PORT");
  const auto option = [&](const char* name, const char* what, const char* type) {
    app.add_option_function<std::string>(
           std::string("--") + name,
           [&defaults, name](const std::string& value) {
             if (!be::set(defaults, name, value))
               throw CLI::ValidationError(std::string("--") + name, "cannot be " + value);
           },
           what)
        ->type_name(type);
  };
  option("delay", "wait before each response", "DURATION");
  option("status", "answer with this status", "200..599");
  option("size", "answer with so many bytes", "SIZE");
  option("drip", "send the body in ten pieces, this long apart", "DURATION");
  option("close", "cut the connection after so many bytes of body", "SIZE");
  app.add_flag("--chunked", defaults.chunked, "chunked responses instead of Content-Length");
  app.add_flag("--echo", defaults.echo, "answer with what was received");
  app.set_version_flag("--version", fmt::format("be {} ({}, {})", AFE_VERSION, AFE_REVISION, AFE_COMPILER));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 1;  // 0: help or version was asked for
  }
  auto config = lb::loadConfiguration(config_path);
  if (!config) return 1;
  if (const auto chosen = choose(*config, hosts); !chosen) {
    fmt::print(stderr, "be: {}\n", chosen.error().what);
    return 1;
  }
  return runBackends(*config, defaults);
}
