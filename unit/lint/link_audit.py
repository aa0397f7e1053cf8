# Proves that lb_core and the libraries under it reach the outside world only through the seams: looks for forbidden
# undefined symbols in the compiled archives. What the compiler really emitted cannot be argued with.
#
# usage: link_audit.py --nm NM ARCHIVE...
import argparse
import re
import subprocess
import sys

# (what, pattern of the demangled symbol, what to use instead)
RULES = [
    ("libevent", r"(event|evutil|evbuffer|bufferevent|evtimer|evdns|evhttp)_\w+", "lb::Loop (lb/env/loop.h)"),
    ("c-ares", r"ares_\w+", "lb::Resolver (lb/env/resolver.h)"),
    ("sockets", r"(__)?(socket|socketpair|connect|accept4?|bind|listen|shutdown|recv|recvfrom|recvmsg|recvmmsg|send|sendto"
                r"|sendmsg|sendmmsg|sendfile|splice|[gs]etsockopt|getsockname|getpeername)(_chk)?",
     "lb::Network and lb::Stream (lb/env/network.h, stream.h)"),
    ("name service", r"(getaddrinfo|gethostby\w+)", "lb::Resolver (lb/env/resolver.h)"),
    ("waiting", r"(__)?(poll|ppoll|select|pselect|epoll_\w+|eventfd\w*|timerfd_\w+|signalfd)(_chk)?",
     "lb::Loop (lb/env/loop.h)"),
    ("clock", r"(clock_gettime|clock_nanosleep|gettimeofday|time|ftime|timespec_get)", "lb::Clock (lb/env/clock.h)"),
    ("clock", r"std::chrono::(\w+::)*\w*_clock::now\(\)", "lb::Clock (lb/env/clock.h)"),
    ("randomness", r"(getrandom|getentropy|rand|rand_r|srand|random|srandom|[dlm]rand48|arc4random\w*)",
     "lb::Random (lb/env/random.h)"),
    ("randomness", r"std::random_device::.*", "lb::Random (lb/env/random.h)"),
    ("sleep", r"(usleep|nanosleep|sleep)", "lb::Timer (lb/env/loop.h)"),
    ("threads", r"(pthread_create|thrd_create|fork|vfork|posix_spawnp?)", "one Worker is one loop; main starts them"),
    ("threads", r"std::thread::.*", "one Worker is one loop; main starts them"),
    ("signals", r"(signal|sigaction|sigprocmask|pthread_sigmask)", "main turns signals into calls"),
]


def offenders(nm_output):
    """Yields (object, symbol, what, instead) of every forbidden symbol in the output of nm -A --undefined-only -C."""
    for line in nm_output.splitlines():
        match = re.match(r"(?:.*:)?([^:\s]+\.o(?:bj)?):\s+[Uuw]\s+(.+)$", line)
        if not match:
            continue
        object_file, symbol = match.groups()
        symbol = symbol.split("@")[0].strip()
        for what, pattern, instead in RULES:
            if re.fullmatch(pattern, symbol):
                yield object_file, symbol, what, instead


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--nm", default="nm")
    parser.add_argument("archives", nargs="+", metavar="ARCHIVE")
    arguments = parser.parse_args()
    found = []
    for archive in arguments.archives:
        output = subprocess.run([arguments.nm, "-A", "-C", "--undefined-only", archive], check=True,
                                capture_output=True, text=True).stdout
        if not output.strip():
            sys.exit(f"{archive}: no undefined symbol at all: this is not the archive to look at")
        found += offenders(output)
    for object_file, symbol, what, instead in found:
        print(f"{object_file}: {symbol} ({what}): use {instead}")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
