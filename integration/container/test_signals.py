"""Both programs as the first process of a container: serving, SIGHUP reloads, SIGTERM drains."""

import threading

from config_file import service, write
from ports import free_port
from program import can_connect
from raw_backend import RawBackend, ok
from raw_client import RawClient, get
from wait import until


class Gate:
    """Answers of a backend that wait until the test lets them go."""

    def __init__(self, body):
        self.body = body
        self.open = threading.Event()

    def __call__(self, request):
        if request.target == "/slow":
            assert self.open.wait(30), "the test never opened the gate"
        return ok(self.body)


def is_first_process(container):
    return container.process()["NSpid"][-1] == "1"


def test_be_answers_through_lb(podman, start_lb, tmp_path):
    ports = [free_port(), free_port()]
    hosts = [{"address": "127.0.0.1", "port": port} for port in ports]
    lb = start_lb(service(*hosts, name="my-service"))
    folder = tmp_path / "be"
    folder.mkdir(mode=0o755)
    write(folder / "config.yaml", {"proxy": {"services": [service(*hosts, name="my-service")]}})
    be = podman.start("be", config=folder)
    assert is_first_process(be)

    def answers():
        with lb.connect() as client:
            return client.request(get())

    be.wait_until(lambda: all(can_connect(port) for port in ports), "be listens")
    be.wait_until(lambda: answers().status == 200, "lb knows it")
    bodies = {answers().body.decode().strip() for _ in range(40)}
    # 40 draws that all miss one of two hosts: once in 10^11 runs.
    assert bodies == {f"service: my-service, addr: 127.0.0.1:{port}" for port in ports}
    with lb.connect() as client:
        assert client.request(get(host="nobody.test")).status == 404

    be.signal("TERM")
    assert be.exit_code() == 0


def test_hup_takes_the_new_configuration_and_drops_nobody(start_lb):
    gate = Gate(b"old")
    with RawBackend(gate) as old, RawBackend(ok(b"new")) as new:
        lb = start_lb(service(old))
        config = lb.config
        assert is_first_process(lb.container)
        with lb.connect() as waiting, lb.connect() as idle:
            assert idle.request(get()).body == b"old"
            waiting.send(get("/slow"))
            old.wait_requests(2)

            config["proxy"]["services"] = [service(new)]
            lb.write(config)
            with Traffic(lb) as traffic:
                lb.container.signal("HUP")
                until(lambda: lb.body(get()) == b"new", "new connections reach the new backend")
                traffic.more()
            assert idle.request(get()).status == 200
            gate.open.set()
            response = waiting.read_response()
            assert (response.status, response.body) == (200, b"old")
        assert lb.container.running()


def test_hup_keeps_the_old_configuration_when_the_new_one_is_bad(start_lb, backend):
    lb = start_lb(service(backend))
    lb.write("proxy:\n  listen: {address: '', port: 70000}\n")
    lb.container.signal("HUP")
    until(lambda: "config.yaml:2:" in lb.container.logs(), "the log says what is wrong and where")
    assert lb.body(get()) == b"hello"
    assert lb.container.running()


def test_term_finishes_what_is_in_flight_and_exits_with_0(start_lb):
    gate = Gate(b"whole")
    with RawBackend(gate) as backend:
        lb = start_lb(service(backend), drain={"delay": "1s", "timeout": "20s"})
        assert is_first_process(lb.container)
        with lb.connect() as client:
            client.send(get("/slow"))
            backend.wait_requests(1)
            lb.container.signal("TERM")
            until(lambda: lb.admin_status("/readyz") == 503, "/readyz says no")
            until(lambda: refused(lb.port), "nobody new is accepted after drain.delay")
            assert lb.container.running()
            gate.open.set()
            response = client.read_response()
            assert (response.status, response.body) == (200, b"whole")
        assert lb.container.exit_code() == 0


def test_term_without_work_ends_at_once(start_lb, backend):
    lb = start_lb(service(backend))
    assert lb.body(get()) == b"hello"
    lb.container.signal("TERM")
    assert lb.container.exit_code() == 0


def refused(port):
    try:
        RawClient(port).close()
        return False
    except ConnectionRefusedError:
        return True


class Traffic:
    """Requests one after the other on one connection, from a thread, until the end of the block; all must succeed."""

    def __init__(self, lb):
        self.lb = lb
        self.count = 0
        self.stop = threading.Event()
        self.problem = None
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        self.more()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join(30)
        assert self.problem is None, f"after {self.count} requests: {self.problem!r}"

    def more(self):
        """Waits until a hundred more requests have been answered."""
        goal = self.count + 100
        until(lambda: self.count >= goal or self.problem, "traffic flows")

    def _run(self):
        try:
            with self.lb.connect() as client:
                while not self.stop.is_set():
                    response = client.request(get())
                    assert response.status == 200, response
                    self.count += 1
        except Exception as problem:
            self.problem = problem
