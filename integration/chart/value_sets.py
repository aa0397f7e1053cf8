"""Values that the chart must take, as helm's arguments; the tests render and check each."""

from helm import CHART, HERE

# One service that needs nothing else; what the smallest sensible installation looks like.
SMALL = ["--values", HERE / "values-small.yaml"]
MINIKUBE = ["--values", CHART / "values-minikube.yaml"]
EVERYTHING = ["--values", HERE / "values-everything.yaml", "--api-versions", "monitoring.coreos.com/v1"]

GOOD = {"small": SMALL, "minikube": MINIKUBE, "everything": EVERYTHING}

# What is wrong, helm's arguments on top of SMALL, and a part of the message that must say it.
BAD = [
    ("a misspelt name", ["--set", "replicaCuont=2"], "replicaCuont"),
    ("a misspelt name deeper down", ["--set", "service.prot=80"], "prot"),
    ("no replica", ["--set", "replicaCount=0"], "/replicaCount"),
    ("a text for a number", ["--set-string", "service.port=eighty"], "/service/port"),
    ("a port over 65535", ["--set", "service.port=65536"], "/service/port"),
    ("a privileged port for an unprivileged process", ["--set", "listen.port=80"], "/listen/port"),
    ("an unknown service type", ["--set", "service.type=ExternalName"], "/service/type"),
    ("a node port without a node port service", ["--set", "service.nodePort=30080"], "/service/nodePort"),
    ("an unknown pull policy", ["--set", "image.pullPolicy=Sometimes"], "/image/pullPolicy"),
    ("an empty image", ["--set", "image.repository="], "/image/repository"),
    ("nobody may probe", ["--set-json", "admin.allow=[]"], "/admin/allow"),
    ("an address where a network is wanted", ["--set-json", 'admin.allow=["10.0.0.1"]'], "/admin/allow/0"),
    ("a key that the chart writes", ["--set", "config.listen.port=81"], "/config/listen"),
    ("another one", ["--set", "config.admin.port=81"], "/config/admin"),
    ("a third one", ["--set", "config.drain.delay=1s"], "/config/drain"),
    ("a service without hosts", ["--set-json", 'config.services=[{"name":"a","domain":"b"}]'], "/config/services/0"),
    (
        "a host without a port",
        ["--set-json", 'config.services=[{"name":"a","domain":"a.b","hosts":[{"address":"x"}]}]'],
        "/config/services/0/hosts/0",
    ),
    ("no service at all", ["--set-json", "config.services=[]"], "config.services is empty"),
    ("the kill before the end of the drain", ["--set", "terminationGracePeriodSeconds=35"], "must be more than"),
    ("two backends on one port", ["--set-json", "be.ports=[9090,9090]"], "/be/ports"),
    ("a monitor that nobody reads", ["--set", "serviceMonitor.enabled=true"], "monitoring.coreos.com/v1"),
    ("a probe's path", ["--set", "readinessProbe.httpGet.path=/"], "/readinessProbe"),
    ("a liveness that takes two successes", ["--set", "livenessProbe.successThreshold=2"], "/livenessProbe"),
    ("more replicas at least than at most", ["--set", "autoscaling.enabled=true,autoscaling.minReplicas=20"],
     "autoscaling.minReplicas is more"),
    ("an ingress path without a slash", ["--values", HERE / "values-bad-ingress.yaml"], "/ingress/hosts/0/paths/0/path"),
]  # fmt: skip
