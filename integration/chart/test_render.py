"""What the chart renders: valid against the schemas of Kubernetes, and meaning what it should."""

import pytest

from helm import CHART, RELEASE, config_of
from value_sets import EVERYTHING, GOOD, MINIKUBE, SMALL

LB = f"{RELEASE}-lb"
BE = f"{LB}-be"


@pytest.mark.parametrize("name", GOOD)
def test_every_document_is_valid(helm, name):
    done = helm.validate(helm.template(*GOOD[name]).stdout)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "good, bad, message",
    [
        ("replicas: 1", "replicas: one", "replicas must be integer"),
        ("kind: ServiceAccount\n", "kind: ServiceAcount\n", "no such kind"),
        ("type: NodePort", "type: Nodeport", "must be equal to one of"),
        ("readinessProbe:", "readinesProbe:", "readinesProbe"),
        ("maxSurge:", "maxSurg:", "maxSurg"),
        ("selector:\n    matchLabels:", "other:\n    matchLabels:", "selector"),
    ],
)
def test_the_validator_notices(helm, good, bad, message):
    text = helm.template(*MINIKUBE).stdout
    assert good in text
    done = helm.validate(text.replace(good, bad))
    assert done.returncode == 1
    assert message in done.stdout


def test_kinds_of_a_small_installation(helm):
    documents = helm.render(*SMALL)
    assert set(documents) == {
        ("ServiceAccount", LB), ("ConfigMap", LB), ("Deployment", LB), ("Service", LB), ("Service", f"{LB}-admin"),
        ("PodDisruptionBudget", LB),
    }  # fmt: skip


def test_kinds_with_everything_on(helm):
    kinds = sorted(kind for kind, _ in helm.render(*EVERYTHING))
    assert kinds == [
        "ConfigMap", "ConfigMap", "Deployment", "Deployment", "HorizontalPodAutoscaler", "Ingress", "NetworkPolicy",
        "PodDisruptionBudget", "Service", "Service", "Service", "ServiceAccount", "ServiceMonitor",
    ]  # fmt: skip


def test_a_single_pod_has_no_disruption_budget(helm):
    assert ("PodDisruptionBudget", LB) not in helm.render(*MINIKUBE)


def test_config_of_lb(helm):
    config = config_of(helm.render(*MINIKUBE), LB)
    assert config["listen"] == {"address": "", "port": 8080}
    assert (config["admin"]["address"], config["admin"]["port"]) == ("", 9100)
    assert "10.0.0.0/8" in config["admin"]["allow"]
    assert config["drain"] == {"delay": "1s", "timeout": "10s"}
    assert config["routing"] == {"service_parameter": "s"}
    hosts = [{"address": BE, "port": 9090}, {"address": BE, "port": 9091}]
    assert config["services"] == [{"name": "my-service", "domain": "my-service.my-company.com", "hosts": hosts}]


def test_the_demo_service_comes_after_the_configured_ones(helm):
    services = config_of(helm.render(*SMALL, "--set", "be.enabled=true"), LB)["services"]
    assert [one["name"] for one in services] == ["shop", "my-service"]


def test_be_listens_where_lb_sends(helm):
    documents = helm.render(*MINIKUBE)
    sent_to = {(host["address"], host["port"]) for host in config_of(documents, LB)["services"][0]["hosts"]}
    assert sent_to == {(BE, port["port"]) for port in documents["Service", BE]["spec"]["ports"]}
    names = {one["name"]: one["containerPort"] for one in container(documents, BE)["ports"]}
    assert all(port["port"] == names[port["targetPort"]] for port in documents["Service", BE]["spec"]["ports"])
    assert set(names.values()) == {port for _, port in sent_to}
    # The name of the Service is the pod's own name, too, so that be can listen on what its file says.
    assert config_of(documents, BE)["services"] == config_of(documents, LB)["services"]
    assert documents["Deployment", BE]["spec"]["template"]["spec"]["hostname"] == BE


def container(documents, name):
    [only] = documents["Deployment", name]["spec"]["template"]["spec"]["containers"]
    return only


@pytest.mark.parametrize("name", [LB, BE])
def test_pods_are_restricted(helm, name):
    documents = helm.render(*MINIKUBE)
    pod = documents["Deployment", name]["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"] == {
        "runAsNonRoot": True, "runAsUser": 65532, "runAsGroup": 65532, "seccompProfile": {"type": "RuntimeDefault"},
    }  # fmt: skip
    assert container(documents, name)["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip


def test_resources_are_explicit_and_the_cpu_is_not_limited(helm):
    for name in (LB, BE):
        resources = container(helm.render(*MINIKUBE), name)["resources"]
        assert set(resources["requests"]) == {"cpu", "memory"}
        assert set(resources["limits"]) == {"memory"}


def test_probes_ask_the_control_plane(helm):
    lb = container(helm.render(*EVERYTHING[:2], "--set", "serviceMonitor.enabled=false"), "the-edge")
    assert {port["name"]: port["containerPort"] for port in lb["ports"]} == {"http": 8888, "admin": 9999}
    assert "startupProbe" not in lb
    assert lb["livenessProbe"]["httpGet"] == {"path": "/livez", "port": "admin"}
    assert lb["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "admin"}
    assert container(helm.render(*SMALL), LB)["startupProbe"]["httpGet"] == {"path": "/livez", "port": "admin"}


@pytest.mark.parametrize("arguments, seconds", [
    ([], 45),
    (["--set", "drain.delaySeconds=0,drain.timeoutSeconds=5"], 15),
    (["--set", "terminationGracePeriodSeconds=36"], 36),
])  # fmt: skip
def test_the_kill_comes_after_the_drain(helm, arguments, seconds):
    pod = helm.render(*SMALL, *arguments)["Deployment", LB]["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] == seconds


@pytest.mark.parametrize("name", [LB, BE])
def test_the_configuration_is_mounted_as_a_directory(helm, name):
    documents = helm.render(*MINIKUBE)
    [mount] = container(documents, name)["volumeMounts"]
    assert mount == {"name": "config", "mountPath": "/etc/lb", "readOnly": True}
    assert container(documents, name)["args"][:2] == ["--config", "/etc/lb/config.yaml"]
    [volume] = documents["Deployment", name]["spec"]["template"]["spec"]["volumes"]
    assert volume == {"name": "config", "configMap": {"name": name}}
    assert set(documents["ConfigMap", name]["data"]) == {"config.yaml"}


@pytest.mark.parametrize("rollout", ["true", "false"])
def test_a_changed_configuration_rolls_the_pods_if_wanted(helm, rollout):
    def template(threads):
        documents = helm.render(*SMALL, "--set", f"rolloutOnConfigChange={rollout},config.threads={threads}")
        return documents["Deployment", LB]["spec"]["template"]

    assert (template(1) != template(2)) == (rollout == "true")
    # Old pods, which see the new file as well, leave it to the new ones.
    assert ("--no-watch" in template(1)["spec"]["containers"][0]["args"]) == (rollout == "true")


def test_a_strategy_without_rolling_has_no_settings_for_it(helm):
    def strategy(kind):
        return helm.render(*SMALL, "--set", f"updateStrategy.type={kind}")["Deployment", LB]["spec"]["strategy"]

    assert strategy("Recreate") == {"type": "Recreate"}
    assert strategy("RollingUpdate")["rollingUpdate"]["maxUnavailable"] == 0


def test_a_service_that_only_routes_lead_to_needs_no_domain(helm):
    services = '[{"name":"Shop","domains":["[::1]"],"hosts":[{"address":"x","port":80}]},{"name":"next","hosts":[{"address":"y","port":80}]}]'
    documents = helm.render(*SMALL, "--set-json", f"config.services={services}", "--set", "config.default_service=next")
    assert "default_service: next" in documents["ConfigMap", LB]["data"]["config.yaml"]


def test_each_service_selects_the_pods_of_one_deployment(helm):
    documents = helm.render(*MINIKUBE)
    pods = {name: documents["Deployment", name]["spec"]["template"]["metadata"]["labels"] for name in (LB, BE)}

    def selected(name):
        selector = documents["Service", name]["spec"]["selector"].items()
        return [pod for pod, labels in pods.items() if selector <= labels.items()]

    assert {name: selected(name) for name in (LB, f"{LB}-admin", BE)} == {LB: [LB], f"{LB}-admin": [LB], BE: [BE]}
    for name in (LB, BE):
        assert documents["Deployment", name]["spec"]["selector"]["matchLabels"].items() <= pods[name].items()


def test_the_monitor_selects_the_admin_service_alone(helm):
    documents = helm.render(*EVERYTHING)
    selector = documents["ServiceMonitor", "the-edge"]["spec"]["selector"]["matchLabels"].items()
    labels = {name: one["metadata"]["labels"].items() for (kind, name), one in documents.items() if kind == "Service"}
    assert [name for name in labels if selector <= labels[name]] == ["the-edge-admin"]
    # Or the operator's own label `service` stands where the metrics say which of lb's services they are of.
    assert documents["ServiceMonitor", "the-edge"]["spec"]["endpoints"][0]["honorLabels"] is True


def test_the_autoscaler_owns_the_number_of_pods(helm):
    assert "replicas" not in helm.render(*EVERYTHING)["Deployment", "the-edge"]["spec"]
    assert helm.render(*SMALL)["Deployment", LB]["spec"]["replicas"] == 2


def test_names_stay_valid_for_the_longest_release(helm):
    names = [name for _, name in helm.render(*MINIKUBE, release="r" * 53)]
    assert all(len(name) <= 63 for name in names)
    assert len(set(names)) == 3  # lb, lb-admin and lb-be


def test_notes_say_how_to_reach_it(helm):
    notes = helm.call("install", RELEASE, *install_arguments(MINIKUBE)).stdout.split("NOTES:")[1]
    assert f"minikube service --namespace default {LB} --url" in notes
    assert "curl --header 'Host: my-service.my-company.com'" in notes
    assert "/?s=my-service.my-company.com" in notes
    notes = helm.call("install", RELEASE, *install_arguments(EVERYTHING[:2])).stdout.split("NOTES:")[1]
    assert "Host: shop.example.com" in notes
    assert "Host: demo.example.com" in notes


def install_arguments(values):
    return [CHART, *values, "--dry-run=client", "--set", "serviceMonitor.enabled=false"]
