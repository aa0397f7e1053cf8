"""The rendered pods, run by podman: lb in front of be, with the manifests' arguments, mounts and security context."""

import pathlib

import pytest
import requests
import yaml

from config_file import write
from containers import TAG, image_environment, podman  # noqa: F401  # fixtures
from doc_examples import VALUES
from helm import RELEASE, config_of
from ports import free_port
from program import can_connect
from value_sets import GOOD, MINIKUBE
from wait import until

LB, BE = f"{RELEASE}-lb", f"{RELEASE}-lb-be"
NAMES = {"small": [LB], "minikube": [LB, BE], "everything": ["the-edge", "the-edge-be"]}


@pytest.mark.parametrize("values", GOOD)
def test_lb_takes_every_rendered_configuration(helm, podman, tmp_path, values):
    documents = helm.render(*GOOD[values])
    for name in NAMES[values]:
        folder = tmp_path / name
        folder.mkdir(mode=0o755)
        write(folder / "config.yaml", {"proxy": config_of(documents, name)})
        done = podman.run_to_end("lb", "--config", "/etc/lb/config.yaml", "--check", config=folder)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", VALUES)
def test_lb_takes_the_configurations_of_the_docs(helm, podman, tmp_path, name):
    documents = helm.render("--values", write(tmp_path / name, VALUES[name]))
    folder = tmp_path / "lb"
    folder.mkdir(mode=0o755)
    write(folder / "config.yaml", {"proxy": config_of(documents, LB)})
    done = podman.run_to_end("lb", "--config", "/etc/lb/config.yaml", "--check", config=folder)
    assert done.returncode == 0, done.stdout + done.stderr


class Pods:
    """Deployments and their ConfigMaps, run on the host's network, where the Services' names mean 127.0.0.1."""

    def __init__(self, podman, documents, folder):
        # What cluster DNS does: /etc/hosts of the containers knows the Services.
        hosts = folder / "hosts"
        services = " ".join(name for kind, name in documents if kind == "Service")
        hosts.write_text(f"127.0.0.1 localhost\n127.0.0.1 {services}\n")
        settings = pathlib.Path(podman.environment["CONTAINERS_CONF"]).read_text()
        own = folder / "containers.conf"
        own.write_text(settings.replace("[containers]\n", f'[containers]\nbase_hosts_file = "{hosts}"\n'))
        podman.environment["CONTAINERS_CONF"] = str(own)

        self.podman = podman
        self.manifest = folder / "pods.yaml"
        wanted = [for_podman(one) for (kind, _), one in documents.items() if kind in ("ConfigMap", "Deployment")]
        self.manifest.write_text(yaml.safe_dump_all(wanted))
        podman.call("play", "kube", "--network=host", self.manifest)

    def container(self, name):
        return f"{name}-pod-0-{name.removeprefix(f'{RELEASE}-lb-').removeprefix(f'{RELEASE}-')}"

    def logs(self, name):
        done = self.podman.call("logs", self.container(name), check=False)
        return done.stdout + done.stderr

    def state(self, name):
        return yaml.safe_load(self.podman.call("inspect", self.container(name)).stdout)[0]["State"]

    def down(self):
        self.podman.call("play", "kube", "--down", self.manifest, check=False)


def for_podman(document):
    """Without what podman would do itself and cannot here: publishing ports on the host's network, probing by systemd
    timers. The test asks the probes' addresses."""
    if document["kind"] == "Deployment":
        for container in document["spec"]["template"]["spec"]["containers"]:
            for key in ("ports", "startupProbe", "livenessProbe", "readinessProbe"):
                container.pop(key, None)
    return document


@pytest.fixture
def play(podman, tmp_path):
    started = []

    def start(documents):
        started.append(Pods(podman, documents, tmp_path))
        return started[-1]

    yield start
    for pods in started:
        for name in (LB, BE):
            print(f"--- {name}\n{pods.logs(name)}")
        pods.down()


def status(port, path="/", **headers):
    try:
        return requests.get(f"http://127.0.0.1:{port}{path}", headers=headers, timeout=10).status_code
    except requests.ConnectionError:
        return None


def test_a_request_is_answered_through_the_rendered_pods(helm, play):
    port, admin_port, *be_ports = [free_port() for _ in range(4)]
    values = f"listen.port={port},admin.port={admin_port},be.ports={{{be_ports[0]},{be_ports[1]}}}"
    images = ",".join(f"{prefix}repository=localhost/{name},{prefix}tag={TAG}" for prefix, name in
                      (("image.", "lb"), ("be.image.", "be")))  # fmt: skip
    documents = helm.render(*MINIKUBE, "--set", values, "--set", images)
    [container] = documents["Deployment", LB]["spec"]["template"]["spec"]["containers"]
    probes = [container[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")]
    ports = {one["name"]: one["containerPort"] for one in container["ports"]}
    pods = play(documents)

    for probe in probes:
        until(lambda: status(ports[probe["port"]], probe["path"]) == 200, f"{probe['path']} says 200: {pods.logs(LB)}")
    host = "my-service.my-company.com"
    until(lambda: all(can_connect(one) for one in be_ports), "be listens")
    until(lambda: status(port, Host=host) == 200, "lb knows it")
    url = f"http://127.0.0.1:{port}/"
    answers = {requests.get(url, headers={"Host": host}, timeout=10).text.strip() for _ in range(40)}
    assert answers == {f"service: my-service, addr: {BE}:{one}" for one in be_ports}
    assert status(port, f"/?s={host}") == 200
    assert status(port, Host="nobody.example.com") == 404
    assert "lb_build_info" in requests.get(f"http://127.0.0.1:{admin_port}/metrics", timeout=10).text

    pods.podman.call("stop", "--time=20", pods.container(LB))
    assert pods.state(LB)["ExitCode"] == 0
