"""The values and commands shown in docs/kubernetes.md are ones that the chart takes."""

import re

from helm import CHART

DOCS = (CHART.parent / "docs/kubernetes.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", DOCS, re.DOTALL | re.MULTILINE)


def test_the_example_values_render_to_valid_documents(helm, tmp_path):
    [example] = blocks("yaml")
    file = tmp_path / "my-values.yaml"
    file.write_text(example)
    done = helm.validate(helm.template("--values", file).stdout)
    assert done.returncode == 0, done.stdout


def test_every_helm_command_renders(helm, tmp_path):
    """As a template instead of an installation, in the repository's root, with my-values.yaml in place."""
    [example] = blocks("yaml")
    (tmp_path / "my-values.yaml").write_text(example)
    (tmp_path / "helm-chart").symlink_to(CHART)
    commands = re.findall(r"^helm (?:install|upgrade|template) (.*?)$", "".join(blocks("sh")), re.MULTILINE)
    assert len(commands) == 4
    for command in commands:
        words = [word for word in command.split() if word not in ("--install", "--wait", "lb")]
        assert words.pop(0) == "helm-chart"
        words = [str(tmp_path / word) if word.endswith(".yaml") and "/" not in word else word for word in words]
        words = [word.replace("helm-chart/", f"{CHART}/") for word in words]
        assert "kind: ConfigMap" in helm.template(*words).stdout


def test_names_in_the_commands_exist(helm):
    """The commands speak of a release called lb."""
    documents = helm.render("--values", CHART / "values-minikube.yaml", release="lb")
    for kind, name in re.findall(r"\b(deployment|service|configmap)/([a-z-]+)", DOCS):
        assert name in {one for rendered, one in documents if rendered.lower() == kind}, f"{kind}/{name}"
