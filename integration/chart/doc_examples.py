"""What docs/kubernetes.md shows: commands, values for the chart, and documents for kubectl."""

import re

from helm import CHART

DOCS = (CHART.parent / "docs/kubernetes.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", DOCS, re.DOTALL | re.MULTILINE)


def _named():
    """A file's name is the first comment, or stands in the text before the first block."""
    for block in blocks("yaml"):
        name = re.match(r"# (\S+\.yaml)\n", block)
        yield (name[1] if name else "my-values.yaml"), block


VALUES = {name: text for name, text in _named() if name.endswith("-values.yaml")}
DOCUMENTS = {name: text for name, text in _named() if name not in VALUES}
