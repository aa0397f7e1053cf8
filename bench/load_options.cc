#include "bench/load_options.h"

#include <getopt.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "bench/net.h"

namespace bench {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

constexpr const char* kHelp = R"(usage: bench_load --target ADDRESS:PORT --milliseconds N [option...]
Sends requests, checks every response, prints one line of JSON.
  --path PATH            of every request (/bytes/100)
  --host NAME            % in it becomes 0, 1, ... (s%.bench.example)
  --hosts N              so many of them, in turn (1)
  --connections N        (64)
  --expect N             bytes of each response's body (100)
  --upload N             POST with a body of N bytes
  --rate N               open loop: N requests a second, latencies from the time when each should have been sent
  --read-rate N          slow readers: bytes a second on each connection
  --requests N           measure exactly N requests, in at most the given time
  --warmup N             milliseconds before (0)
  --milliseconds N       that are measured
  --browser              twelve header fields, 700 bytes
  --new-connection       for each request
  --hold                 one request on each connection, then keep all open until standard input ends
  --pid N                measure the CPU time of this process; may be repeated
  --counter FILE         the allocation counter
)";

}  // namespace

LoadOptions parseLoadOptions(int argc, char** argv) {
  LoadOptions result;
  enum Flag : int {
    Target,
    Path,
    Host,
    Hosts,
    Connections,
    Expect,
    Upload,
    Rate,
    ReadRate,
    Requests,
    Warmup,
    Measured,
    Browser,
    NewConnection,
    Hold,
    Pid,
    Counter,
    Help
  };
  static constexpr auto kOptions = std::to_array<option>({
      {"target", 1, nullptr, Target},
      {"path", 1, nullptr, Path},
      {"host", 1, nullptr, Host},
      {"hosts", 1, nullptr, Hosts},
      {"connections", 1, nullptr, Connections},
      {"expect", 1, nullptr, Expect},
      {"upload", 1, nullptr, Upload},
      {"rate", 1, nullptr, Rate},
      {"read-rate", 1, nullptr, ReadRate},
      {"requests", 1, nullptr, Requests},
      {"warmup", 1, nullptr, Warmup},
      {"milliseconds", 1, nullptr, Measured},
      {"browser", 0, nullptr, Browser},
      {"new-connection", 0, nullptr, NewConnection},
      {"hold", 0, nullptr, Hold},
      {"pid", 1, nullptr, Pid},
      {"counter", 1, nullptr, Counter},
      {"help", 0, nullptr, Help},
      {nullptr, 0, nullptr, 0},
  });
  int index = 0;
  for (int flag = 0; (flag = getopt_long(argc, argv, "", kOptions.data(), &index)) != -1;) {
    const auto value = [&] { return number(kOptions[static_cast<std::size_t>(index)].name, optarg); };
    switch (flag) {
      case Target: result.target = parseTarget(optarg); break;
      case Path: result.path = optarg; break;
      case Host: result.host = optarg; break;
      case Hosts: result.hosts = value(); break;
      case Connections: result.connections = value(); break;
      case Expect: result.expect_bytes = value(); break;
      case Upload: result.upload_bytes = value(); break;
      case Rate: result.rate = value(); break;
      case ReadRate: result.read_rate = value(); break;
      case Requests: result.requests = value(); break;
      case Warmup: result.warmup_ns = static_cast<std::int64_t>(value()) * kMillisecond; break;
      case Measured: result.measured_ns = static_cast<std::int64_t>(value()) * kMillisecond; break;
      case Browser: result.browser = true; break;
      case NewConnection: result.new_connection = true; break;
      case Hold: result.hold = true; break;
      case Pid: result.processes.push_back(static_cast<pid_t>(value())); break;
      case Counter: result.counter = optarg; break;
      case Help: std::fputs(kHelp, stdout); std::exit(0);
      default: std::exit(2);
    }
  }
  if (optind < argc) refuse("what is '" + std::string(argv[optind]) + "'? See --help");
  if (result.target.sin_port == 0 || (result.measured_ns == 0 && !result.hold))
    refuse("needs --target and --milliseconds; see --help");
  if (result.hosts == 0 || result.connections == 0) refuse("at least one host and one connection");
  return result;
}

}  // namespace bench
