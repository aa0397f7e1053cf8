# docs/campaigns.md names every invariant that the simulator checks, each with the files that check it, and no other; and
# each again beside what has to hold, with files that there are, some of which check it. sim/mutants/README.md names for each
# a planted bug that nobody else notices, and only bugs that there are; each bug's guess is an invariant that there is.
#
# usage: campaign_docs.py ROOT
import collections
import pathlib
import re
import sys

NAME = r"(?:safety|liveness)\.[a-z0-9_]+"
FILE = re.compile(r"\b(?:actor|check|run)/\w+\.cc\b")


def in_the_code(root):
    """The files in which each invariant is given its name, as paths below sim/."""
    files = collections.defaultdict(set)
    for path in sorted((root / "sim").rglob("*.cc")):
        for name in re.findall(f'"({NAME})"', path.read_text()):
            files[name].add(str(path.relative_to(root / "sim")))
    return files


def in_the_page(page):
    """The files that the page names beside each invariant: in the last column of its table's line."""
    files = {}
    for line in page.splitlines():
        columns = line.split(" | ")
        if not line.startswith("| `") or len(columns) != 3:
            continue
        for name in re.findall(f"`({NAME})`", columns[0]):
            files[name] = set(FILE.findall(columns[2]))
    return files


def complaints(code, page):
    for name in sorted(code.keys() | page.keys()):
        if name not in page:
            yield f"{name} is not in the tables of docs/campaigns.md"
        elif name not in code:
            yield f"{name} is in docs/campaigns.md, and nowhere in sim/"
        elif not code[name] <= page[name]:
            yield f"{name}: docs/campaigns.md says {sorted(page[name])}, it is checked in {sorted(code[name])}"


def about_rules(root, code, page):
    """The table of what has to hold: each line has invariants, or something else that looks, and files or pages."""
    rules = page.partition("| what has to hold |")[2].partition("\n\n")[0]
    stands = set()
    for line in rules.splitlines():
        columns = line.split(" | ")
        if len(columns) != 3 or line.startswith("|---"):
            continue
        files = set(re.findall(r"\b\w+/\w+\.cc\b", columns[2]))
        for name in sorted(files):
            if not (root / "sim" / name).is_file():
                yield f"docs/campaigns.md: there is no sim/{name}"
        for name in re.findall(f"`({NAME})`", columns[1]):
            stands.add(name)
            if not files & code.get(name, set()):
                yield f"docs/campaigns.md: none of {sorted(files)} checks {name}"
    for name in sorted(code.keys() - stands):
        yield f"{name} does not stand beside what has to hold in docs/campaigns.md"


def about_bugs(readme, bugs, code):
    """The README's tables have one or two pairs in a line: an invariant or a feature, and bugs with commas."""
    alone = set()
    for line in readme.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("| ") else []
        for what, named in zip(cells[::2], cells[1::2]):
            alone.update(re.findall(f"`({NAME})`", what))
            for bug in named.split(", ") if "-" in named else []:
                if bug not in bugs:
                    yield f"sim/mutants/README.md: there is no {bug}.patch"
    for name in sorted(code.keys() - alone):
        yield f"{name} has no bug of its own in sim/mutants/README.md"


def about_guesses(patches, code):
    """The header of a planted bug says which invariant should see it: one of today's."""
    for path in patches:
        guess = re.search("^oracle: (.*)$", path.read_text(), re.MULTILINE)
        for name in re.findall(NAME, guess[1]) if guess else []:
            if name not in code:
                yield f"sim/mutants/{path.name}: there is no {name}"


def main():
    root = pathlib.Path(sys.argv[1])
    code = in_the_code(root)
    if not code:
        sys.exit("no invariant found in sim/: this lint sees nothing")
    page = (root / "docs" / "campaigns.md").read_text()
    found = list(complaints(code, in_the_page(page)))
    found += about_rules(root, code, page)
    mutants = root / "sim" / "mutants"
    bugs = {path.stem for path in mutants.glob("*.patch")}
    found += about_guesses(sorted(mutants.glob("*.patch")), code)
    found += about_bugs((mutants / "README.md").read_text(), bugs, code)
    print("\n".join(found))
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
