"""A shell that is typed into, line by line, as the examples in docs/ are told to be tried out; and those examples.

Only the ports are other ones, so that a test disturbs nobody and nobody disturbs it."""

import pathlib
import re
import signal
import subprocess

from ports import free_port
from program import BUILD_DIR, Program
from wait import SLOW_MACHINE, until

ROOT = pathlib.Path(__file__).parent.parent


def blocks(document, language, heading):
    """The blocks of code of one section of a document in docs/."""
    text = (ROOT / "docs" / document).read_text()
    assert text.count(f"\n{heading}\n") == 1, f"{heading} in {document}"
    level = heading.split(" ")[0]
    section = re.split(rf"^#{{1,{len(level)}}} ", text.split(f"\n{heading}\n")[1], maxsplit=1, flags=re.M)[0]
    return re.findall(rf"^```{language}\n(.*?)^```", section, re.S | re.M)


class Terminal(Program):
    """`folder` is the working directory, with build/bin and the files that the example names."""

    def __init__(self, folder):
        self.folder = folder
        self.ports = {}
        (folder / "build").mkdir()
        (folder / "build/bin").symlink_to(BUILD_DIR / "bin")
        self.name, self.output, self.expected_code = "bash", folder / "terminal.log", 0
        self.lines = 0
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen(["bash"], cwd=folder, stdin=subprocess.PIPE, stdout=output, stderr=output)

    def translated(self, text):
        """With a free port for each one that the text speaks of, the same one each time."""
        return re.sub(r"(:|port: )(\d{4,5})\b", lambda match: match[1] + self.port(match[2]), text)

    def port(self, shipped):
        if shipped not in self.ports:
            self.ports[shipped] = str(free_port())
        return self.ports[shipped]

    def file(self, name, text):
        text = text.replace("proxy:\n", "proxy:\n  admin: {address: 127.0.0.1, port: 9100}\n", 1)  # the default, written out
        (self.folder / name).write_text(self.translated(text))

    def type(self, line):
        """The exit code and what the line wrote. A line that ends with & goes on behind, and its output into the log."""
        line = self.translated(line)
        self.lines += 1
        said, code = self.folder / f"said.{self.lines}", self.folder / f"code.{self.lines}"
        behind = re.search(r"&\s*(#.*)?$", line)
        typed = line if behind else f"{{ {line}\n}} > {said.name} 2>> {self.output.name}"
        self.process.stdin.write(f"{typed}\necho $? > {code.name}\n".encode())
        self.process.stdin.flush()
        until(lambda: code.exists() and code.read_text().endswith("\n"), f"an end of: {line}", 3 * SLOW_MACHINE)
        return int(code.read_text()), said.read_text() if said.exists() else ""

    def type_all(self, block):
        return [self.type(line) for line in block.splitlines() if line.strip()]

    def stop(self):
        """Ends what runs behind, each by its number, and then the shell."""
        self.process.stdin.write(b"kill $(jobs -p) 2> /dev/null; wait; exit 0\n")
        self.process.stdin.close()
        try:
            self.wait_exit()
        except AssertionError:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            raise
        super().stop()
