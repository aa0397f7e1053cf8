// The load generator's command line.
#pragma once

#include <netinet/in.h>
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

struct LoadOptions {
  sockaddr_in target{};
  std::string path = "/bytes/100";
  std::string host = "s%.bench.example";  // % becomes 0, 1, ... hosts - 1, one after the other
  std::uint64_t hosts = 1;
  std::uint64_t connections = 64;
  std::uint64_t expect_bytes = 100;  // of each response's body
  std::uint64_t upload_bytes = 0;    // 0: GET
  std::uint64_t rate = 0;            // requests a second, open loop; 0: closed loop
  std::uint64_t read_rate = 0;       // bytes a second on each connection; 0: as fast as it comes
  std::uint64_t requests = 0;        // that are measured; 0: as many as fit into the time
  std::int64_t warmup_ns = 0;
  std::int64_t measured_ns = 0;
  bool browser = false;          // a browser's header fields
  bool new_connection = false;   // for each request
  bool hold = false;             // one request on each connection, then all stay open until standard input ends
  std::vector<pid_t> processes;  // whose CPU time is measured
  std::string counter;           // the file of count_allocations.cc
};

LoadOptions parseLoadOptions(int argc, char** argv);  // or the program ends with a complaint

}  // namespace bench
