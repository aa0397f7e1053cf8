"""Good values are taken, bad ones refused with a message that names the place."""

import json

import pytest

from helm import CHART
from value_sets import BAD, GOOD, SMALL


@pytest.mark.parametrize("name", GOOD)
def test_lint_is_content(helm, name):
    arguments = [one for one in GOOD[name] if one not in ("--api-versions", "monitoring.coreos.com/v1")]
    if name == "everything":  # lint knows no CRDs; rendering and validation of this part have tests of their own
        arguments += ["--set", "serviceMonitor.enabled=false"]
    done = helm.call("lint", "--strict", CHART, *arguments)
    assert "[WARNING]" not in done.stdout
    assert "[ERROR]" not in done.stdout


def test_lint_is_content_with_the_defaults(helm):
    helm.call("lint", "--strict", CHART)


@pytest.mark.parametrize("arguments, message", [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_bad_values_are_refused(helm, arguments, message):
    done = helm.template(*SMALL, *arguments, check=False)
    assert done.returncode != 0
    assert message in done.stderr


def test_the_schema_knows_every_default():
    """A value without a schema would be free; additionalProperties: false closes every object that is not free-form."""
    schema = json.loads((CHART / "values.schema.json").read_text())
    open_objects = []

    def walk(node, path):
        if isinstance(node, dict):
            if "properties" in node and node.get("additionalProperties") is not False:
                open_objects.append(path)
            for name, value in node.items():
                walk(value, f"{path}/{name}")
        elif isinstance(node, list):
            for index, value in enumerate(node):
                walk(value, f"{path}/{index}")

    walk(schema, "")
    # lb itself checks its configuration, unknown keys included; `if` and oneSuccess are conditions, not descriptions.
    service = "/definitions/lbService"
    assert set(open_objects) == {
        service, f"{service}/properties/hosts/items", "/properties/config",
        "/properties/service/if", "/properties/service/then",
        "/definitions/oneSuccess",
    }  # fmt: skip
