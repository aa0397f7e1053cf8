// `lb --health`: a client of our own control plane, for container images that have no curl.
#include <fmt/format.h>

#include "lb/config_file.h"
#include "lb/os/os_env.h"
#include "lb/program.h"
#include "lb/tell.h"

namespace lb {
namespace {

constexpr Duration kProbeTimeout = std::chrono::seconds(2);
constexpr std::string_view kQuestion = "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
constexpr std::string_view kGoodAnswer = "HTTP/1.1 200 ";

class Probe final : private StreamEvents {
 public:
  Probe(os::OsEnv& world, const Address& at)
      : world_(world),
        stream_(world.network.connect(at)),
        timeout_(world.loop.makeTimer([this] { end("no answer in time"); })) {
    stream_->bind(this);
    stream_->want(Interest::Write);
    timeout_->arm(kProbeTimeout);
  }

  int run() {
    world_.loop.run();
    if (ready_) return 0;
    tellError(fmt::format("not ready: {}", why_));
    return 1;
  }

 private:
  void onReady(Interest ready) override {
    if (has(ready, Interest::Write)) {
      const Bytes question = std::as_bytes(std::span(kQuestion));
      const IoResult result = stream_->write({&question, 1});  // small enough for any empty send buffer
      if (result.status != IoStatus::Ok) return end(toString(result.status));
      stream_->want(Interest::Read);
      return;
    }
    std::array<std::byte, 512> room{};
    const Space space(room);
    const IoResult result = stream_->read({&space, 1});
    if (result.status == IoStatus::WouldBlock) return;
    if (result.status != IoStatus::Ok) return end(toString(result.status));
    answer_.append(reinterpret_cast<const char*>(room.data()), result.bytes);
    if (answer_.size() < kGoodAnswer.size()) return;
    ready_ = answer_.starts_with(kGoodAnswer);
    end(ready_ ? "" : "/readyz says no");
  }

  void end(const char* why) {
    why_ = why;
    stream_->want(Interest::None);
    world_.loop.stop();
  }

  os::OsEnv& world_;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<Timer> timeout_;
  std::string answer_;
  const char* why_ = "";
  bool ready_ = false;
};

}  // namespace

int probeHealth(const std::string& config_path) {
  // A file that has gone bad since is no reason to call a running lb unwell.
  const auto text = readFile(config_path);
  const auto read = text ? config::parseAdmin(*text) : std::nullopt;
  if (!read) tellError(fmt::format("{} does not tell where the control plane is: trying its default", config_path));
  const config::Admin admin = read.value_or(config::Admin());
  if (!admin.enabled) {
    tellError("the control plane is off (proxy.admin)");
    return 1;
  }
  // A control plane on every interface is asked on loopback.
  const auto ip = IpAddress::parse(admin.address);
  const bool any = !ip || *ip == IpAddress{} || *ip == *IpAddress::parse("0.0.0.0");
  os::OsEnv world;
  return Probe(world, {any ? *IpAddress::parse("127.0.0.1") : *ip, admin.port}).run();
}

}  // namespace lb
