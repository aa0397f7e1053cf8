# The ban list of the source tree: what would break determinism, hide a dependency or grow without limit. Each finding
# says what to use instead. Comments and string literals may speak of anything.
#
# usage: tidy.py ROOT
import collections
import pathlib
import re
import sys

from cpp_text import code_only

FOLDERS = ("lb", "be", "sim", "unit")
LINES_MAX = 400

# bans: pattern in code; within: folders where it applies; allowed: folders or files where it does not
Rule = collections.namedtuple("Rule", "what pattern instead within allowed")


def rule(what, pattern, instead, within=FOLDERS, allowed=()):
    return Rule(what, re.compile(pattern), instead, within, allowed)


RULES = [
    rule("clock", r"\b(system_clock|steady_clock|high_resolution_clock|utc_clock)\b"
         r"|\b(clock_gettime|gettimeofday|timespec_get)\s*\(|(?<![\w.>:])(?:std::)?time\s*\(\s*(nullptr|NULL|0|&\w+)\s*\)",
         "take lb::Clock& (lb/env/clock.h)", allowed=("lb/os/",)),
    rule("randomness", r"\brandom_device\b|\b(getrandom|getentropy|srand|rand_r|[dlm]rand48|arc4random)\s*\("
         r"|(?<![\w.>])(?:std::)?rand\s*\(\s*\)",
         "take lb::Random& (lb/env/random.h)", allowed=("lb/os/",)),
    rule("random engine", r"\b(mt19937(_64)?|minstd_rand0?|default_random_engine|ranlux\w+|knuth_b)\b",
         "take lb::Random& (lb/env/random.h)", within=("lb", "be", "sim"), allowed=("lb/os/os_random", "sim/sim_random")),
    rule("distribution", r"\b\w+_distribution\b|\bstd::(ranges::)?(shuffle|random_shuffle|sample)\b",
         "their results differ between libraries: use lb::below (lb/base/random_util.h)"),
    rule("sleep", r"\bsleep_(for|until)\b|(?<![\w.>])(usleep|nanosleep|sleep)\s*\(",
         "arm a Timer, or drive the loop until the condition holds"),
    rule("delete this", r"\bdelete\s+this\b", "hand the object to Loop::retire"),
    rule("simulation in production", r"(?i)\b\w*(simulat|fortest|for_test|undertest|under_test|mock|fake)\w*",
         "production code does not know how it is tested: inject or decorate", within=("lb",)),
]
INCLUDE_RULE = re.compile(r'^\s*#\s*include\s+[<"](sim|unit|gtest|gmock)/')
UNORDERED = re.compile(r"\bunordered_(?:flat_)?(?:multi)?(?:map|set)\b")
RANGE_FOR = re.compile(r"\bfor\s*\((?:[^;()]|\([^()]*\))*?[^:]:(?!:)\s*([^;{]+?)\)\s*[^)]")
SORTED_INSTEAD = "its order is not defined: use std::map, a sorted vector, or keep an order beside it"


def declared_unordered(code):
    """Names of variables, members and aliases that are declared with an unordered container."""
    names = set()
    for match in UNORDERED.finditer(code):
        alias = re.search(r"\busing\s+(\w+)\s*=\s*(?:std::)?$", code[:match.start()])
        if alias:
            names |= set(re.findall(rf"\b{alias.group(1)}\b[&*\s]+(\w+)", code[match.end():]))
            continue
        depth, at = 0, match.end()
        while at < len(code):  # to the end of the template arguments
            depth += {"<": 1, ">": -1}.get(code[at], 0)
            at += 1
            if depth == 0 and code[at - 1] == ">":
                break
        name = re.match(r"[&*\s]*(?:const\b)?\s*(\w+)", code[at:])
        if name:
            names.add(name.group(1))
    return names


def unordered_iterations(code, names):
    """Yields offsets where an unordered container is walked through."""
    for match in RANGE_FOR.finditer(code):
        expression = match.group(1)
        last = re.search(r"(\w+)(?:\(\))?\s*$", expression)
        if UNORDERED.search(expression) or (last and last.group(1) in names):
            yield match.start()
    for match in re.finditer(r"\b(\w+)\s*(?:\.|->)\s*c?begin\s*\(", code):
        if match.group(1) in names:
            yield match.start()


def check_file(path, text, header_text=""):
    """Yields (line, message) for one file. `path` is relative to the root; `header_text` its header's, for members."""
    lines = text.split("\n")
    own_header = path.endswith(".cc") and header_text and lines[0] == f'#include "{path[:-3]}.h"'
    if not lines[0].startswith("//") and not own_header:  # the header of the same name says it for both
        yield 1, "the first line must be a comment that says the file's job"
    if text.count("\n") > LINES_MAX:
        yield LINES_MAX, f"{text.count(chr(10))} lines, more than {LINES_MAX}: split it by job"
    if path.endswith(".h") and not re.search(r"^#pragma once$", text, re.M):
        yield 1, "a header needs #pragma once"
    code = code_only(text)

    def line_of(offset):
        return code.count("\n", 0, offset) + 1

    for banned in RULES:
        if path.split("/")[0] not in banned.within or path.startswith(banned.allowed):
            continue
        for match in banned.pattern.finditer(code):
            yield line_of(match.start()), f"{banned.what} ({match.group(0).strip()}): {banned.instead}"
    if path.startswith("lb/"):
        for number, line in enumerate(lines, 1):
            if INCLUDE_RULE.match(line):
                yield number, f"simulation in production ({line.strip()}): lb includes neither sim nor tests"
    names = declared_unordered(code) | declared_unordered(code_only(header_text))
    for offset in unordered_iterations(code, names):
        yield line_of(offset), f"iteration over an unordered container: {SORTED_INSTEAD}"


def check_tree(root):
    """Returns the findings as printable lines, and the number of files looked at."""
    findings = []
    files = sorted(path for folder in FOLDERS for suffix in ("*.h", "*.cc") for path in (root / folder).rglob(suffix))
    for path in files:
        relative = path.relative_to(root).as_posix()
        header = path.with_suffix(".h")
        header_text = header.read_text() if path.suffix == ".cc" and header.exists() else ""
        findings += [f"{relative}:{line}: {message}" for line, message in check_file(relative, path.read_text(), header_text)]
    return findings, len(files)


def main():
    root = pathlib.Path(sys.argv[1])
    findings, files = check_tree(root)
    print("\n".join(findings))
    if files == 0:
        sys.exit(f"{root}: no sources here")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
