// The families of faults and oddities that a seed switches on or off, each with what it stands for. generate() draws
// them in this order, so a new one stands at the end of its list; `sim list-faults` prints them.
#pragma once

#include <array>
#include <cstdint>

namespace sim::plan {

struct Family {
  const char* name = nullptr;
  const char* about = nullptr;
  enum class Drawn : std::uint8_t {
    Here,
    Be,
    Balance,
    Health,
    Routes,
    Operator,
    Network,
    Traffic,
    Uploads,
    Faults,
    Services,
    Methods
  } drawn = Drawn::Here;  // the others apart
};

// Legal, and merely unusual.
inline constexpr std::array kOddities{
    Family{"pipelining", "clients send up to six requests before the first answer"},
    Family{"http10", "HTTP/1.0 requests, with and without keep-alive"},
    Family{"chunked", "chunked bodies, of requests and of answers"},
    Family{"head", "HEAD requests"},
    Family{"expect", "Expect: 100-continue, whose body waits for the 100"},
    Family{"trailers", "trailers behind chunked bodies"},
    Family{"interim", "103 Early Hints before the answer"},
    Family{"hop", "hop-by-hop fields that must not be passed on"},
    Family{"sizes", "bodies of up to 300 kB"},
    Family{"tiny_buffer", "limits.buffer_bytes from 1 kB to 16 kB"},
    Family{"latency", "links that take up to 5 ms, with jitter"},
    Family{"small", "small windows, and reads and writes that do less than they could"},
    Family{"limits", "low limits: requests for each connection, heads, connections"},
    Family{"workers", "one to three workers"},
    Family{"until_close", "answers that end where their connection does"},
    Family{"close", "Connection: close, of clients and of backends"},
    Family{"half_close", "clients that finish sending before the last answer"},
    Family{"reload", "the configuration is changed and loaded again"},
    Family{"control_plane", "reloads and drains over HTTP, and reloads of broken files; reloads by a file that changes",
           Family::Drawn::Operator},
    Family{"segments", "segments from 1 to 1460 bytes"},
    Family{"fields", "further fields that must be passed on, some of them twice"},
    Family{"names", "backends by name, looked up again when the answer is too old"},
    Family{"upgrade", "101 and a tunnel behind it"},
    Family{"census", "in the calm, many requests whose spread over the backends is judged"},
    Family{"idle_close", "backends that close connections on which nothing is asked for a while"},
    Family{"wall_jump", "the wall clock jumps by an hour"},
    Family{"early_drain", "of scenarios without faults: the drain begins while requests are under way"},
    Family{"be", "one backend is be's own code, told by its URLs what to answer", Family::Drawn::Be},
    Family{"eager_tunnel", "clients that send into a tunnel before its 101 has come"},
    Family{"policies", "services that balance by load, by latency or by a hash", Family::Drawn::Balance},
    Family{"weights", "hosts of different weights, some of them 0", Family::Drawn::Balance},
    Family{"backups", "hosts that are backups", Family::Drawn::Balance},
    Family{"sticky", "services that set a cookie by which clients come back", Family::Drawn::Balance},
    Family{"slow_start", "hosts that are new begin with a part of their share", Family::Drawn::Balance},
    Family{"keys", "requests with keys to hash, and cookies that nobody has set", Family::Drawn::Balance},
    Family{"checks", "active health checks, over HTTP or TCP, of some services", Family::Drawn::Health},
    Family{"outlier", "ejection with short times and low limits, panic from never to always", Family::Drawn::Health},
    Family{"by_hand",
           "an operator drains backends, or gives them the weight 0, and takes that back; in the calm another weight",
           Family::Drawn::Health},
    Family{"routes", "routes, splits, redirects, fixed responses, rules for heads, a default service",
           Family::Drawn::Routes},
    Family{"listeners", "the proxy listens on a second port, and half of the clients ask there",
           Family::Drawn::Operator},
    Family{"forwarded", "clients that are proxies, believed or not, and say whom their requests come from",
           Family::Drawn::Traffic},
    Family{"touched", "the configuration is loaded again as it is, up to a hundred times", Family::Drawn::Operator},
    Family{"renames", "reloads that call hosts by their names instead of their addresses, or the other way round",
           Family::Drawn::Operator},
    Family{"duplex", "answers of which half comes while their request is still on its way", Family::Drawn::Uploads},
    Family{"patient", "clients that wait for 100 (Continue) as long as it takes, which may be long",
           Family::Drawn::Uploads},
    Family{"many_services", "8 to 24 services instead of one to three", Family::Drawn::Services},
    Family{"methods", "PATCH, OPTIONS, and a method that nobody knows", Family::Drawn::Methods},
    Family{"reload_pools", "reloads that empty the pools, or have them keep less", Family::Drawn::Operator},
};

// Something goes wrong.
inline constexpr std::array kFaultFamilies{
    Family{"stall", "for a while nothing arrives between the proxy and a backend, or the clients"},
    Family{"black_hole", "attempts to connect vanish"},
    Family{"refuse", "attempts to connect are refused"},
    Family{"kill", "a backend's process dies and comes back on the same port"},
    Family{"bad_answer", "answers that are no HTTP, heads without an end, bytes that nobody asked for"},
    Family{"cut_answer", "answers that end in the middle, by a close or a reset"},
    Family{"no_answer", "a close or a reset instead of an answer"},
    Family{"silence", "a backend that takes the request and never answers"},
    Family{"silent_close", "a close after the answer that was not announced"},
    Family{"early", "answers before the request's body has come, then the rest is read or reset"},
    Family{"idle_bytes", "bytes on an idle connection"},
    Family{"slow_backend", "answers that take their time, or come in pieces"},
    Family{"slow_client", "requests that come in pieces"},
    Family{"abort", "clients that stop in the middle of a request: reset, half close or silence"},
    Family{"never_reads", "clients that never read"},
    Family{"malformed", "requests of the corpus that two programs could read differently"},
    Family{"body_limit", "limits.max_body, which some requests exceed"},
    Family{"tiny_timeouts", "timeouts from 1 ms to 1 h"},
    Family{"slow_network", "links that take up to 200 ms, and phases of 5 kB/s to 2 MB/s"},
    Family{"drain_storm", "the drain begins in the middle of everything"},
    Family{"unknown_host", "requests for a host that no service has"},
    Family{"stall_one_way", "for a while nothing arrives, in one direction only"},
    Family{"pause", "a backend's process or a worker of the proxy stands still for a while"},
    Family{"exhausted", "the proxy has no descriptors to accept or to connect with"},
    Family{"dns", "names that fail, have no address, are not answered or move"},
    Family{"too_long", "heads of 300 fields and targets of 9 kB"},
    Family{"stops_reading", "backends that stop reading in the middle of a request"},
    Family{"huge", "bodies of 1 to 6 MB, larger than all buffers by far"},
    Family{"long_faults", "faults that last until the storm is over"},
    Family{"hang_up", "backends that accept connections and end them at once"},
    Family{"backlog", "no room where connections wait to be accepted, at a backend or at the proxy"},
    Family{"few_ports", "the proxy has one port to connect from towards each backend"},
    Family{"early_close", "answers before the request's body has come, then a close that leaves it unread"},
    Family{"wrong_length", "answers that are longer or shorter than they say"},
    Family{"bad_chunk", "chunks that are larger than they say"},
    Family{"says_close", "backends that say Connection: close and leave that to the proxy"},
    Family{"idle_race", "backends that close idle connections just when pool.idle_timeout is over"},
    Family{"swizzle", "several hosts stall one by one, and come back in another order"},
    Family{"isolation", "the proxy is cut off from everybody at once"},
    Family{"trigger", "faults that strike when so many bytes of a request or an answer have come"},
    Family{"idle_answer", "whole answers that nobody asked for, on idle connections"},
    Family{"outage", "all backends but one refuse connections"},
    Family{"dawdle",
           "answers and uploads that take several times the time they have for each piece, in pieces that come soon "
           "enough"},
    Family{"slowloris", "request heads that take several times timeouts.request_header, in pieces"},
    Family{"reload_timeouts", "reloads that shorten timeouts.response_header"},
    Family{"sick", "backends that pass their checks and fail their users", Family::Drawn::Health},
    Family{"check_sick", "backends that fail their checks, by turns, and serve their users", Family::Drawn::Health},
    Family{"loss", "for a while packets between the proxy and a backend, or the clients, are lost and sent again",
           Family::Drawn::Network},
    Family{"far", "the way between the proxy and one backend, or the clients, is long for good",
           Family::Drawn::Network},
    Family{"slow_dns", "names that are looked up in 50 ms to 40 s, longer than lb waits", Family::Drawn::Network},
    Family{"power_cut", "hosts that die without a word, some of them for good", Family::Drawn::Faults},
    Family{"reset_after", "resets right behind whole answers", Family::Drawn::Faults},
    Family{"counted", "faults that strike when so many requests have come to backends", Family::Drawn::Faults},
    Family{"any_worker", "whichever worker of the proxy stands still, not the first one only", Family::Drawn::Faults},
    Family{"cut_handshake",
           "connections that are reset when they have just come about, and that no backend has heard of",
           Family::Drawn::Faults},
};

// What the proxy is told to do about trouble and about too much (traffic_shapes.cc).
inline constexpr std::array kTrafficFamilies{
    Family{"retries", "retries after resets, timeouts and 5xx, with backoff, per-try timeouts and Idempotency-Key"},
    Family{"retry_budget", "budgets that allow few retries, or none"},
    Family{"unavailable", "a 503 from whoever is asked first"},
    Family{"inflight", "limits.max_inflight from 1 to 4, with queues that are short in length or time"},
    Family{"adaptive", "limits.adaptive"},
    Family{"rate_limit", "low rates of requests"},
    Family{"per_client", "limits.max_connections_per_client from 4 to 6"},
};

constexpr bool explained(const auto& families) {
  for (const Family& family : families) {
    if (family.name == nullptr || family.about == nullptr || *family.about == '\0') return false;
  }
  return true;
}
static_assert(explained(kOddities) && explained(kFaultFamilies) && explained(kTrafficFamilies),
              "every family says what it stands for");

}  // namespace sim::plan
