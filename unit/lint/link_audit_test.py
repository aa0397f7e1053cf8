# Plants offenders in a real archive and expects link_audit.py to find each of them, and nothing in clean code.
#
# usage: link_audit_test.py --cxx COMPILER --nm NM --ar AR
import argparse
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
TOOLS = argparse.Namespace()

# (name, code, a word of the message)
OFFENDERS = [
    ("socket", "#include <sys/socket.h>\nint f() { return socket(1, 1, 0); }", "sockets"),
    ("accept4", "#include <sys/socket.h>\nint f() { return accept4(0, nullptr, nullptr, 0); }", "sockets"),
    ("send", "#include <sys/socket.h>\nlong f() { return send(0, nullptr, 0, 0); }", "sockets"),
    ("epoll_wait", "#include <sys/epoll.h>\nint f() { return epoll_wait(0, nullptr, 0, 0); }", "waiting"),
    ("event_add", 'extern "C" int event_add(void*, void*);\nint f() { return event_add(nullptr, nullptr); }', "libevent"),
    ("clock_gettime", "#include <ctime>\nint f() { return clock_gettime(0, nullptr); }", "clock"),
    ("time", "#include <ctime>\nlong f() { return time(nullptr); }", "clock"),
    ("steady_clock", "#include <chrono>\nlong f() { return std::chrono::steady_clock::now().time_since_epoch().count(); }",
     "clock"),
    ("rand", "#include <cstdlib>\nint f() { return rand(); }", "randomness"),
    ("random_device", "#include <random>\nunsigned f() { return std::random_device{}(); }", "randomness"),
    ("usleep", "#include <unistd.h>\nint f() { return usleep(1); }", "sleep"),
    ("thread", "#include <thread>\nvoid f() { std::thread([] {}).join(); }", "threads"),
    ("pthread_create", "#include <pthread.h>\nint f(pthread_t* t) { return pthread_create(t, nullptr, nullptr, nullptr); }",
     "threads"),
]
CLEAN = """
#include <arpa/inet.h>
#include <chrono>
#include <string>
struct timer { int bind(); int send(); };            // members may have such names
int use(timer& t) { return t.bind() + t.send(); }
namespace lb { int accept(int); int time(std::string); int use() { return accept(1) + time("x"); } }
int address(const char* text, void* out) { return inet_pton(AF_INET, text, out); }
std::chrono::nanoseconds twice(std::chrono::nanoseconds d) { return 2 * d; }
"""


def audit(code):
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "planted.cc"
        source.write_text(code)
        object_file = source.with_suffix(".o")
        archive = source.with_suffix(".a")
        subprocess.run([TOOLS.cxx, "-std=c++20", "-O2", "-w", "-c", source, "-o", object_file], check=True)
        subprocess.run([TOOLS.ar, "rcs", archive, object_file], check=True)
        return subprocess.run([sys.executable, HERE / "link_audit.py", "--nm", TOOLS.nm, archive], text=True,
                              capture_output=True, check=False)


class LinkAudit(unittest.TestCase):
    def test_offenders_are_found(self):
        for name, code, word in OFFENDERS:
            with self.subTest(name):
                result = audit(code)
                self.assertEqual(result.returncode, 1, result)
                self.assertIn(f"({word})", result.stdout)
                self.assertIn("planted.o", result.stdout)

    def test_clean_code_passes(self):
        result = audit(CLEAN)
        self.assertEqual((result.returncode, result.stdout), (0, ""), result)

    def test_empty_archive_is_no_proof(self):
        self.assertNotEqual(audit("int x;").returncode, 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--cxx", default="c++")
    parser.add_argument("--nm", default="nm")
    parser.add_argument("--ar", default="ar")
    TOOLS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])
