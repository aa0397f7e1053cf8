"""The values and commands shown in docs/kubernetes.md are ones that the chart takes."""

import re

import yaml

from config_file import write
from doc_examples import DOCS, DOCUMENTS, VALUES, blocks
from helm import CHART, RELEASE, config_of


def test_the_example_values_render_to_valid_documents(helm, tmp_path):
    for name, text in VALUES.items():
        done = helm.validate(helm.template("--values", write(tmp_path / name, text)).stdout)
        assert done.returncode == 0, name + done.stdout


def test_the_example_documents_are_valid(helm):
    for name, text in DOCUMENTS.items():
        done = helm.validate(text)
        assert done.returncode == 0, name + done.stdout


def test_lb_is_sent_to_the_headless_service(helm, tmp_path):
    """Its name in the default namespace, and the port of the containers."""
    service = yaml.safe_load(DOCUMENTS["shop-pods.yaml"])
    documents = helm.render("--values", write(tmp_path / "values.yaml", VALUES["pods-values.yaml"]))
    [host] = config_of(documents, f"{RELEASE}-lb")["services"][0]["hosts"]
    assert service["spec"]["clusterIP"] == "None"
    assert host["address"] == f"{service['metadata']['name']}.default.svc.cluster.local"
    assert host["port"] == service["spec"]["ports"][0]["port"]


def test_every_helm_command_renders(helm, tmp_path):
    """As a template instead of an installation, in the repository's root, with the values of this page in place."""
    for name, text in VALUES.items():
        write(tmp_path / name, text)
    (tmp_path / "helm-chart").symlink_to(CHART)
    commands = re.findall(r"^helm (?:install|upgrade|template) (.*?)$", "".join(blocks("sh")), re.MULTILINE)
    assert len(commands) == 5
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
