"""The proxies that are compared, each with the best production configuration that we know for it.

All alike: so many workers on so many cores, keep-alive pools to the origin that are large enough, no access log,
X-Forwarded-For set, the Host of the client passed on."""

import dataclasses
import pathlib
import shutil
import textwrap

from processes import BenchError, free_port

MANY = 1_000_000_000


@dataclasses.dataclass(frozen=True)
class Layout:
    """What a proxy has in front of it and behind it."""
    services: int = 1
    hosts: int = 1         # of each service
    workers: int = 1
    clients: int = 1000    # connections at most
    access_log: bool = False
    busy_poll: bool = False  # looks for more before it sleeps, where it can

    def address(self, service, host):
        """One origin listens on all of 127.0.0.0/8."""
        at = service * self.hosts + host
        return f"127.1.{at // 250}.{at % 250 + 1}"

    @staticmethod
    def domain(service):
        return f"s{service}.bench.example"


def dedent(text):
    return textwrap.dedent(text).strip() + "\n"


class Peer:
    """`command` writes the configuration into a folder and returns how to start it there."""
    name = ""
    program = ""

    def find(self):
        path = shutil.which(self.program, path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
        if not path:
            raise BenchError(f"{self.program} is not installed: scripts/bench installs it (group bench of scripts/packages.txt)")
        return path

    def fits(self, layout):
        return True

    def command(self, folder, layout, port, origin):
        raise NotImplementedError


class Lb(Peer):
    def __init__(self, path, name="lb"):
        self.name = name
        self.path = pathlib.Path(path).resolve()

    def find(self):
        if not self.path.is_file():
            raise BenchError(f"{self.path} is not there: build it with scripts/build, or name another with --lb")
        return self.path

    def command(self, folder, layout, port, origin):
        lines = ["proxy:", f"  listen: {{address: 127.0.0.1, port: {port}}}", f"  admin: {{port: {free_port()}}}",
                 f"  threads: {layout.workers}", f"  busy_poll: {'100us' if layout.busy_poll else 0}", "  drain: {timeout: 1s}", f"  limits: {{max_connections: {layout.clients + 100}}}",
                 f"  access_log: {{path: {folder / 'access.jsonl'}, format: json}}" if layout.access_log else "  access_log: {path: off}",
                 "  services:"]
        for service in range(layout.services):
            hosts = ", ".join(f"{{address: {layout.address(service, host)}, port: {origin}}}" for host in range(layout.hosts))
            lines.append(f"  - {{name: s{service}, domain: {layout.domain(service)}, hosts: [{hosts}]}}")
        (folder / "config.yaml").write_text("\n".join(lines) + "\n")
        return [self.find(), "--config", folder / "config.yaml"]


class Nginx(Peer):
    name = program = "nginx"

    def command(self, folder, layout, port, origin):
        parts = [dedent(f"""
            daemon off; pid nginx.pid; error_log stderr warn; worker_processes {layout.workers}; worker_rlimit_nofile 20000;
            events {{ worker_connections {max(4096, min(19000, layout.clients * 2))}; }}
            http {{
              log_format json escape=json '{{"time":"$time_iso8601","client":"$remote_addr","method":"$request_method","uri":"$request_uri",'
                '"status":$status,"bytes":$body_bytes_sent,"seconds":$request_time,"upstream":"$upstream_addr","host":"$host"}}';
              access_log {'access.log json buffer=64k flush=1s' if layout.access_log else 'off'}; keepalive_requests {MANY}; keepalive_timeout 300s;
              client_max_body_size 0; client_body_buffer_size 512k;
              client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder};
              scgi_temp_path {folder};
              server_names_hash_max_size 16384; server_names_hash_bucket_size 128;
              proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
              proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
              proxy_request_buffering off; proxy_max_temp_file_size 0; proxy_buffers 8 64k; proxy_busy_buffers_size 128k;
            """)]
        keep = 256 if layout.services == 1 else 64
        for service in range(layout.services):
            servers = " ".join(f"server {layout.address(service, host)}:{origin};" for host in range(layout.hosts))
            listen = f"listen 127.0.0.1:{port}" + (" reuseport backlog=4096" if service == 0 else "")
            parts.append(f"upstream u{service} {{ {servers} keepalive {keep}; keepalive_requests {MANY}; keepalive_timeout 300s; }}\n"
                         f"server {{ {listen}; server_name {layout.domain(service)}; location / {{ proxy_pass http://u{service}; }} }}\n")
        (folder / "nginx.conf").write_text("".join(parts) + "}\n")
        return [self.find(), "-p", folder, "-c", folder / "nginx.conf", "-e", "stderr"]


class Haproxy(Peer):
    program = "haproxy"

    def __init__(self, splice=False):
        self.name = "haproxy-splice" if splice else "haproxy"
        self.splice = splice

    def fits(self, layout):
        return not layout.access_log

    def command(self, folder, layout, port, origin):
        parts = [dedent(f"""
            global
              nbthread {layout.workers}
              no strict-limits
              maxconn {layout.clients + 100}
              {"busy-polling" if layout.busy_poll else ""}
            defaults
              mode http
              timeout connect 5s
              timeout client 300s
              timeout server 300s
              timeout http-keep-alive 300s
              option http-keep-alive
              http-reuse always
              option forwardfor
            """)]
        if self.splice:
            parts.append("  option splice-auto\n  option splice-request\n  option splice-response\n")
        parts.append(f"frontend f\n  bind 127.0.0.1:{port} backlog 4096\n")
        if layout.services == 1:
            parts.append("  default_backend b0\n")
        else:
            parts.append(f"  use_backend %[req.hdr(host),lower,map_str({folder / 'hosts.map'})]\n")
            (folder / "hosts.map").write_text("".join(f"{layout.domain(i)} b{i}\n" for i in range(layout.services)))
        for service in range(layout.services):
            parts.append(f"backend b{service}\n")
            parts += [f"  server h{host} {layout.address(service, host)}:{origin}\n" for host in range(layout.hosts)]
        (folder / "haproxy.cfg").write_text("".join(parts))
        return [self.find(), "-db", "-f", folder / "haproxy.cfg"]


class H2o(Peer):
    name = program = "h2o"

    def fits(self, layout):
        return layout.hosts == 1 and not layout.access_log  # this version cannot balance

    def command(self, folder, layout, port, origin):
        parts = [dedent(f"""
            num-threads: {layout.workers}
            max-connections: {layout.clients + 100}
            http1-request-timeout: 300
            proxy.timeout.keepalive: 60000
            proxy.preserve-host: ON
            limit-request-body: 4294967296
            error-log: /dev/stderr
            listen: {{host: 127.0.0.1, port: {port}}}
            hosts:
            """)]
        for service in range(layout.services):
            parts.append(f'  "{layout.domain(service)}": {{paths: {{/: '
                         f'{{proxy.reverse.url: "http://{layout.address(service, 0)}:{origin}/"}}}}}}\n')
        (folder / "h2o.conf").write_text("".join(parts))
        return [self.find(), "-c", folder / "h2o.conf"]
