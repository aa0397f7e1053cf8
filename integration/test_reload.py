"""SIGHUP: a new configuration without a dropped connection; a bad one changes nothing."""

import copy
import errno
import os
import signal
import threading

import pytest

from config_file import proxy, service
from ports import free_port
from program import binary, can_connect
from raw_backend import echo_tunnel, ok
from raw_client import RawClient, get
from wait import until


def changed(lb, **settings):
    config = copy.deepcopy(lb.config)
    config["proxy"].update(settings)
    return config


def test_a_service_comes_and_goes(start, backend):
    lb = start.lb(backend)
    other = start.backend(ok(b"other"))
    both = changed(lb, services=[service(backend), service(other, name="other", domain="other.test")])
    assert lb.request(get(host="other.test")).status == 404
    lb.reloaded(both)
    assert lb.request(get(host="other.test")).body == b"other"
    assert lb.request(get()).body == b"hello"
    lb.reloaded(lb.config)
    assert lb.request(get(host="other.test")).status == 404
    assert lb.request(get()).body == b"hello"


def test_a_kept_connection_sees_the_new_configuration(start, backend):
    lb = start.lb(backend)
    other = start.backend(ok(b"other"))
    with lb.connect() as client:
        assert client.request(get()).body == b"hello"
        lb.reloaded(changed(lb, services=[service(other)]))
        until(lambda: client.request(get()).body == b"other", "its worker to have the new one as well")


def test_requests_flow_without_a_loss(start):
    """Two clients, one that keeps its connection and one that does not, while services change under them."""
    backends = [start.backend() for _ in range(3)]
    lb = start.lb(*backends)
    stop, done, problems = [], [0, 0], []

    def keep_asking(index, kept):
        try:
            client = RawClient(lb.port)
            while not stop:
                if not kept and done[index]:
                    client.close()
                    client = RawClient(lb.port)
                assert client.request(get()).body == b"hello"
                done[index] += 1
            client.close()
        except Exception as problem:
            problems.append(f"after {done[index]} requests: {problem!r}")

    threads = [threading.Thread(target=keep_asking, args=(index, index == 0), daemon=True) for index in range(2)]
    for thread in threads:
        thread.start()
    for i in range(20):
        before = list(done)
        lb.reloaded(changed(lb, services=[service(*backends[: 1 + i % 3])]))
        until(lambda: problems or all(a > b for a, b in zip(done, before)), "both clients get on")
    stop.append(True)
    for thread in threads:
        thread.join()
    assert not problems


def test_what_is_in_flight_ends_with_the_old_configuration(start, backend):
    gate = []

    def slow(connection):
        connection.read_request()
        until(lambda: gate, "the test to go on")
        connection.send(ok(b"from the old one"))
        connection.wait_for_end()

    backend.script = slow
    lb = start.lb(backend)
    other = start.backend(ok(b"from the new one"))
    with lb.connect() as client:
        client.send(get())
        backend.wait_requests(1)
        lb.reloaded(changed(lb, services=[service(other)]))
        assert lb.request(get()).body == b"from the new one"
        gate.append(True)
        assert client.read_response().body == b"from the old one"
        assert client.request(get()).body == b"from the new one"


def test_pooled_connections_outlive_a_reload(start, backend):
    lb = start.lb(backend, threads=1)  # each worker has a pool of its own
    other = start.backend(ok(b"other"))
    assert lb.request(get()).status == 200
    lb.reloaded(changed(lb, services=[service(backend), service(other, name="other", domain="other.test")]))
    assert lb.request(get(host="other.test")).body == b"other"
    assert lb.request(get()).status == 200
    assert len(backend.connections) == 1


def test_a_tunnel_outlives_a_reload(start, backend):
    backend.script = echo_tunnel
    lb = start.lb(backend)
    with lb.connect() as client:
        assert client.request(get(extra="Connection: upgrade\r\nUpgrade: echo\r\n")).status == 101
        lb.reloaded(changed(lb, services=[service(start.backend())]))
        client.send("still there?")
        assert client.read_exactly(12) == b"still there?"


def test_a_bad_file_changes_nothing(start, backend):
    lb = start.lb(backend)
    with lb.connect() as client:
        client.request(get())
        for number, bad in enumerate(["proxy: [", "proxy: {listen: {address: '', prot: 1}}", "", "proxy:\n  services: 7\n"]):
            lb.reloaded(bad, result="failed")
            assert client.request(get()).body == b"hello", number
        m = lb.metrics()
        assert m.value("lb_config_last_reload_successful") == 0
        assert "config.yaml:" in lb.log()
        lb.reloaded(lb.config)
        assert lb.metrics().value("lb_config_last_reload_successful") == 1


def test_a_missing_file_changes_nothing(start, backend):
    lb = start.lb(backend)
    lb.config_path.unlink()
    lb.reload()
    lb.wait_until(lambda: lb.metrics().value("lb_config_last_reload_successful") == 0, "the reload failed")
    assert lb.request(get()).body == b"hello"


def reading_a_pipe(start, backend):
    """An lb that has begun to read its configuration from a pipe: it, a twin that tells its ports and what it is to read,
    and the other end of the pipe."""
    twin = start.lb(backend)
    twin.stop()
    pipe = twin.folder / "pipe"
    os.mkfifo(pipe)
    program = start.program("lb", binary("lb"), "--config", pipe)

    def other_end():
        assert program.running(), program.log()
        try:
            return os.fdopen(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK), "w")
        except OSError as error:
            assert error.errno == errno.ENXIO  # nobody reads yet
            return None

    return program, twin, until(other_end, "it reads")


def test_a_pipe_is_read_once(start, backend):
    program, twin, writer = reading_a_pipe(start, backend)
    with writer:
        writer.write(twin.config_path.read_text())
    program.wait_until(lambda: twin.admin_status("/readyz") == 200, "it takes requests")
    program.signal(signal.SIGHUP)
    program.wait_for_log(f"cannot read {twin.folder / 'pipe'}: not a regular file")
    assert twin.request(get()).body == b"hello"
    program.terminate()
    assert program.wait_exit() == 0


def test_signals_that_come_before_the_configuration_is_read(start, backend):
    program, twin, writer = reading_a_pipe(start, backend)
    with writer:
        for number in [signal.SIGHUP, signal.SIGUSR1, signal.SIGPIPE]:
            program.signal(number)
        writer.write(twin.config_path.read_text())
    program.wait_until(lambda: twin.admin_status("/readyz") == 200, "it takes requests")
    program.wait_for_log("not a regular file")  # the reload that was asked for


def test_a_start_that_waits_for_its_configuration_can_be_ended(start, backend):
    program, _, writer = reading_a_pipe(start, backend)
    program.expected_code = -signal.SIGTERM
    with writer:
        program.terminate()
        assert program.wait_exit() == -signal.SIGTERM


def test_listeners_come_and_go(start, backend):
    lb = start.lb(backend)
    second = free_port()
    both = changed(lb, listen=[lb.config["proxy"]["listen"], {"address": "127.0.0.1", "port": second}])
    lb.reloaded(both)
    until(lambda: can_connect(second), "the workers listen there")
    with RawClient(second) as client:
        assert client.request(get()).body == b"hello"
        lb.reloaded(lb.config)
        assert client.request(get()).status == 200  # an accepted connection is served on
    until(lambda: not can_connect(second), "the second port is closed")
    assert lb.request(get()).body == b"hello"


def test_another_address_on_a_port_that_lb_has(start, backend):
    lb = start.lb(backend)
    port = lb.port
    foreign = changed(lb, listen={"address": "192.0.2.1", "port": port})
    lb.reloaded(foreign, "failed")
    lb.wait_for_log(f"cannot listen on 192.0.2.1:{port}: cannot assign requested address")
    assert lb.request(get()).body == b"hello"
    lb.reloaded(changed(lb, listen={"address": "127.0.0.2", "port": port}))
    until(lambda: can_connect(port, "127.0.0.2"), "the workers listen there")
    with RawClient(port, address="127.0.0.2") as client:
        assert client.request(get()).body == b"hello"
    until(lambda: not can_connect(port), "the old address is closed")


def test_what_both_configurations_have_goes_on_counting(start, backend):
    lb = start.lb(backend)
    for _ in range(5):
        lb.request(get())
    lb.wait_metric(5, "lb_requests_total", service="svc")
    other = service(start.backend(), name="other", domain="other.test")
    lb.reloaded(changed(lb, services=[service(backend), other]))
    lb.request(get())
    lb.wait_metric(6, "lb_requests_total", service="svc")
    lb.reloaded(changed(lb, services=[other]))
    until(lambda: not lb.metrics().matching("lb_requests_total", {"service": "svc"}), "the series of a gone service")


def test_two_listeners_from_the_start(start, backend):
    first, second = free_port(), free_port()
    config = proxy(service(backend), listen=[{"address": "127.0.0.1", "port": first}, {"address": "::1", "port": second}])
    lb = start.lb_with(config)
    assert lb.request(get()).status == 200
    with RawClient(second, address="::1") as client:
        assert client.request(get()).status == 200


@pytest.mark.parametrize(
    "setting, named",
    [
        ({"threads": 3}, "threads"),
        ({"busy_poll": "50us"}, "busy_poll"),
        ({"dns": {"servers": ["127.0.0.1:5353"]}}, "dns"),
        ({"log": {"level": "debug"}}, "log"),
        ({"access_log": {"path": "other.jsonl"}}, "access_log.path"),
        ({"metrics": {"buckets": {"request": [1, 2]}}}, "metrics.buckets"),
        ({"admin": {"port": 0}}, "admin.address and admin.port"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_takes_effect_at_the_next_start_is_said(start, backend, setting, named):
    lb = start.lb(backend, threads=2)
    lb.reloaded(changed(lb, **setting))
    lb.wait_for_log(f"a change of {named} takes effect at the next start")
    assert lb.log().count("takes effect at the next start") == 1
