# Plants offenders and expects tidy.py to find each; shows it innocent look-alikes and expects silence.
import pathlib
import tempfile
import unittest

import tidy

HEAD = "// Does a job.\n"

# (file, code, a word of the message)
OFFENDERS = [
    ("lb/a.cc", "auto t = std::chrono::steady_clock::now();", "clock"),
    ("unit/a.cc", "using std::chrono::system_clock;", "clock"),
    ("be/a.cc", "clock_gettime(CLOCK_MONOTONIC, &t);", "clock"),
    ("lb/a.cc", "auto t = time(nullptr);", "clock"),
    ("lb/a.cc", "auto t = std::time(&out);", "clock"),
    ("sim/a.cc", "std::random_device device;", "randomness"),
    ("lb/a.cc", "int r = rand();", "randomness"),
    ("lb/a.cc", "std::mt19937_64 engine;", "random engine"),
    ("unit/a.cc", "std::uniform_int_distribution<int> d;", "distribution"),
    ("lb/a.cc", "std::shuffle(a, b, c);", "distribution"),
    ("unit/a.cc", "std::this_thread::sleep_for(x);", "sleep"),
    ("lb/os/a.cc", "usleep(10);", "sleep"),
    ("lb/a.cc", "delete this;", "retire"),
    ("lb/a.cc", "if (isSimulated()) return;", "production"),
    ("lb/a.cc", "void resetForTest();", "production"),
    ("lb/a.cc", '#include "sim/loop.h"', "production"),
    ("lb/a.cc", "std::unordered_map<int, std::vector<int>> seen;\nvoid f() { for (auto& [k, v] : seen) use(k); }", "unordered"),
    ("lb/a.cc", "std::unordered_set<int> seen_;\nvoid f() { for (int k : this->seen_) use(k); }", "unordered"),
    ("lb/a.cc", "std::unordered_set<int> seen;\nauto first = *seen.begin();", "unordered"),
    ("lb/a.cc", "using Index = std::unordered_map<int, int>;\nIndex index;\nvoid f() { for (auto x : index) use(x); }",
     "unordered"),
    ("lb/a.cc", "\n" * 400, "lines"),
    ("lb/a.h", "int x;", "pragma"),
]
INNOCENT = [
    ("lb/a.cc", "// steady_clock, rand() and sleep_for are banned; the simulator mocks them\nint x;"),
    ("lb/a.cc", '/* delete this; */ const char* s = "system_clock"; char c = \'"\'; int n = 1\'000; // "rand()'),
    ("lb/a.cc", 'const char* s = R"x(usleep(1) " )x";'),
    ("lb/os/os_clock.cc", "clock_gettime(CLOCK_MONOTONIC, &t);"),
    ("lb/os/os_random.cc", "std::mt19937_64 engine;"),
    ("unit/a.cc", "std::mt19937_64 fixed(42); int timeout = record.time(0); mock_thing();"),
    ("lb/a.cc", "std::unordered_map<int, int> seen;\nbool f() { return seen.find(1) != seen.end(); }"),
    ("lb/a.cc", "std::unordered_map<int, int> seen;\nstd::map<int, int> order;\nvoid f() { for (auto& x : order) use(x); }"),
    ("lb/a.cc", "std::unordered_map<int, int> seen;\nfor (std::size_t i = 0; i < seen.size(); ++i) use(std::string(x));"),
    ("lb/a.cc", "\n" * 398),
    ("lb/a.h", "#pragma once\nint x;"),
]


class Tidy(unittest.TestCase):
    def test_offenders_are_found(self):
        for path, code, word in OFFENDERS:
            with self.subTest(code=code[:60]):
                found = list(tidy.check_file(path, HEAD + code + "\n"))
                self.assertEqual(len(found), 1, found)
                self.assertIn(word, found[0][1])

    def test_innocent_code_passes(self):
        for path, code in INNOCENT:
            with self.subTest(code=code[:60]):
                self.assertEqual(list(tidy.check_file(path, HEAD + code + "\n")), [])

    def test_first_line_must_be_a_comment(self):
        found = list(tidy.check_file("lb/a.cc", "#include <map>\n"))
        self.assertEqual([line for line, _ in found], [1])

    def test_own_header_may_speak_for_both(self):
        text = '#include "lb/a.h"\n'
        self.assertEqual(list(tidy.check_file("lb/a.cc", text, HEAD)), [])
        self.assertEqual(len(list(tidy.check_file("lb/a.cc", text))), 1)
        self.assertEqual(len(list(tidy.check_file("lb/b.cc", text, HEAD))), 1)

    def test_members_declared_in_the_header_count(self):
        header = HEAD + "#pragma once\nstd::unordered_map<int, int> pools_;\n"
        found = list(tidy.check_file("lb/a.cc", HEAD + "void f() { for (auto& p : pools_) use(p); }\n", header))
        self.assertEqual(len(found), 1)

    def test_line_numbers_are_right(self):
        found = list(tidy.check_file("lb/a.cc", HEAD + "/*\n\n*/\ndelete this;\n"))
        self.assertEqual([line for line, _ in found], [5])

    def test_tree_is_searched(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "lb" / "deep").mkdir(parents=True)
            (root / "lb" / "deep" / "a.cc").write_text(HEAD + "delete this;\n")
            (root / "elsewhere.cc").write_text("delete this;\n")
            findings, files = tidy.check_tree(root)
            self.assertEqual(files, 1)
            self.assertEqual(len(findings), 1)
            self.assertTrue(findings[0].startswith("lb/deep/a.cc:2: "))


if __name__ == "__main__":
    unittest.main()
