"""Configurations as Python data, written as YAML."""

import yaml

from ports import free_port


def service(*hosts, name="svc", domain="svc.test", **settings):
    """A service; `hosts` are RawBackends, or {"address", "port"}."""
    entries = [host if isinstance(host, dict) else host.host for host in hosts]
    return {"name": name, "domain": domain, "hosts": entries, **settings}


def proxy(*services, **settings):
    """A whole configuration with ports of its own and the access log as JSON; `settings` are keys of `proxy:`."""
    config = {
        "listen": {"address": "127.0.0.1", "port": free_port()},
        "admin": {"address": "127.0.0.1", "port": free_port()},
        "access_log": {"path": "access.jsonl", "format": "json"},
        "services": list(services),
    }
    config.update(settings)
    return {"proxy": config}


def write(path, config):
    path.write_text(config if isinstance(config, str) else yaml.safe_dump(config, sort_keys=False))
    return path
