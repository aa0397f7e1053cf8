"""A configuration file that changes is taken over by itself, however it is changed; and POST /reload."""

import copy
import os
import shutil
import time

import pytest
import requests

import config_file
from config_file import service
from load import Load
from ports import free_port
from program import binary
from raw_backend import ok
from raw_client import get
from wait import until


def with_answer(lb, backend):
    """The same configuration with another backend for the one service."""
    config = copy.deepcopy(lb.config)
    config["proxy"]["services"] = [service(backend)]
    return config


def body_is(lb, wanted):
    lb.wait_until(lambda: lb.request(get()).body == wanted, f"the answer is {wanted}")


def post_reload(lb):
    return requests.post(f"http://127.0.0.1:{lb.admin_port}/reload", timeout=20)


@pytest.fixture
def other(start):
    return start.backend(ok(b"other"))


def test_a_file_that_is_written_in_place(start, backend, other):
    lb = start.lb(backend)
    config_file.write(lb.config_path, with_answer(lb, other))
    body_is(lb, b"other")


def test_a_file_that_is_replaced_as_editors_do(start, backend, other):
    lb = start.lb(backend)
    for target, wanted in [(other, b"other"), (backend, b"hello"), (other, b"other")]:
        written = config_file.write(lb.folder / "config.yaml.swp", with_answer(lb, target))
        os.rename(lb.config_path, lb.folder / "config.yaml~")
        os.rename(written, lb.config_path)
        body_is(lb, wanted)


def test_a_file_that_is_still_written_is_not_read(start, backend, other):
    lb = start.lb(backend)
    text = config_file.write(lb.folder / "next.yaml", with_answer(lb, other)).read_text()
    lb.config_path.write_text("# a change that is about to be looked at\n" + text)
    with open(lb.config_path, "w") as file:
        file.write(text[: len(text) // 2])
        file.flush()
        end = time.monotonic() + 0.5  # several times as long as a change takes to settle
        until(lambda: time.monotonic() > end, "half of the file has been there for a while")
        assert lb.request(get()).body == b"hello"
        assert lb.reloads("failed") == 0
        file.write(text[len(text) // 2 :])
    body_is(lb, b"other")
    assert lb.reloads("failed") == 0


def config_map(folder, text, generation):
    """What the kubelet does when a ConfigMap changes: a new directory, and `..data` renamed over the old link."""
    data = folder / f"..2024_{generation}"
    data.mkdir()
    (data / "config.yaml").write_text(text)
    link = folder / "..data_tmp"
    link.symlink_to(data.name)
    before = (folder / "..data").resolve() if (folder / "..data").exists() else None
    os.rename(link, folder / "..data")
    if before:
        (before / "config.yaml").unlink()
        before.rmdir()


def test_a_config_map_whose_link_is_swapped(start, backend, other):
    first = start.lb(backend)  # for its configuration, and then for its ports
    text = {name: config_file.write(first.folder / "x.yaml", with_answer(first, target)).read_text()
            for name, target in [(b"hello", backend), (b"other", other)]}
    first.stop()
    mounted = start.new_folder()
    config_map(mounted, text[b"hello"], 0)
    (mounted / "config.yaml").symlink_to("..data/config.yaml")
    program = start.program("lb", binary("lb"), "--config", mounted / "config.yaml")
    until(lambda: first.admin_status("/readyz") == 200, "the second one is ready")
    for generation in range(1, 6):
        wanted = b"other" if generation % 2 else b"hello"
        config_map(mounted, text[wanted], generation)
        program.wait_until(lambda: first.request(get()).body == wanted, f"the answer is {wanted}")
    assert first.metrics().total("lb_config_reloads_total", result="ok") == 5


def test_what_means_the_same_is_no_reload(start, backend, other):
    lb = start.lb(backend)
    text = lb.config_path.read_text()
    lb.config_path.write_text("# a comment\n" + text)
    lb.config_path.write_text(config_file.write(lb.folder / "x.yaml", with_answer(lb, other)).read_text())
    body_is(lb, b"other")
    assert lb.reloads("ok") == 1


def test_a_bad_file_is_said_and_changes_nothing(start, backend):
    lb = start.lb(backend)
    lb.config_path.write_text("proxy: {services: 7}\n")
    lb.wait_for_log("config.yaml:1:19: services: must be a list, not a single value")
    assert lb.request(get()).body == b"hello"
    assert lb.metrics().value("lb_config_last_reload_successful") == 0


def test_a_bad_file_that_is_put_back_is_no_reload_and_no_alarm_any_more(start, backend):
    lb = start.lb(backend)
    good = lb.config_path.read_text()
    lb.config_path.write_text("proxy: {services: 7}\n")
    lb.wait_metric(0, "lb_config_last_reload_successful")
    lb.config_path.write_text(good)
    lb.wait_metric(1, "lb_config_last_reload_successful")
    assert "the configuration is again what is in force" in lb.log()
    assert lb.reloads("ok") == 0


def test_a_pipe_in_place_of_the_file_is_not_waited_for(start, backend):
    lb = start.lb(backend)
    pipe = lb.folder / "pipe"
    os.mkfifo(pipe)
    os.rename(pipe, lb.config_path)
    lb.wait_for_log(f"cannot read {lb.config_path}: not a regular file")
    assert post_reload(lb).status_code == 422
    assert lb.request(get()).body == b"hello"


def test_a_folder_that_goes_and_comes_back(start, backend, other):
    lb = start.lb(backend)
    lb.stop()
    place = lb.folder / "etc" / "lb"
    place.mkdir(parents=True)
    path = config_file.write(place / "config.yaml", lb.config)
    program = start.program("lb", binary("lb"), "--config", path)
    until(lambda: lb.admin_status("/readyz") == 200, "it is ready")
    shutil.rmtree(place.parent)
    program.wait_for_log("cannot read")  # it has looked, and found nothing to watch
    place.mkdir(parents=True)
    config_file.write(path, with_answer(lb, other))
    program.wait_until(lambda: lb.request(get()).body == b"other", "it serves the new file")


def test_no_watch(start, backend, other):
    lb = start.lb(backend)
    lb.stop()
    folder = lb.folder
    program = start.program("lb", binary("lb"), "--config", lb.config_path, "--no-watch")
    until(lambda: lb.admin_status("/readyz") == 200, "it is ready")
    os.rename(config_file.write(folder / "next.yaml", with_answer(lb, other)), lb.config_path)
    end = time.monotonic() + 0.5  # several times as long as a change takes to settle
    until(lambda: time.monotonic() > end, "a watch would have seen it")
    assert lb.request(get()).body == b"hello"
    assert post_reload(lb).status_code == 200
    assert lb.request(get()).body == b"other"
    assert program.running()


def test_post_reload(start, backend, other):
    lb = start.lb(backend)
    written = config_file.write(lb.folder / "next.yaml", with_answer(lb, other))
    os.rename(written, lb.config_path)
    answer = post_reload(lb)
    assert (answer.status_code, answer.json()) == (200, {"reloaded": True, "errors": [], "warnings": []})
    body_is(lb, b"other")


def test_post_reload_of_a_bad_file_says_what_is_wrong(start, backend):
    lb = start.lb(backend)
    lb.config_path.write_text("proxy:\n  services:\n  - {name: a, hosts: [], domain: a}\n  threads: 0\n")
    answer = post_reload(lb)
    assert answer.status_code == 422
    assert answer.json()["reloaded"] is False
    assert [(one["line"], one["column"], one["path"]) for one in answer.json()["errors"]] == [
        (3, 22, "services[0].hosts"), (4, 12, "threads")]
    assert lb.request(get()).body == b"hello"


def test_post_reload_with_a_port_that_is_taken_is_a_conflict(start, backend):
    lb = start.lb(backend)
    config = copy.deepcopy(lb.config)
    config["proxy"]["listen"] = [lb.config["proxy"]["listen"], {"address": "127.0.0.1", "port": backend.port}]
    config_file.write(lb.config_path, config)
    answer = post_reload(lb)
    assert answer.status_code == 409
    assert str(backend.port) in answer.json()["errors"][0]["message"]
    assert lb.request(get()).body == b"hello"


def test_only_post_reloads(lb):
    assert lb.admin("/reload").status_code == 405
    assert requests.put(f"http://127.0.0.1:{lb.admin_port}/reload", timeout=20).status_code == 405


def test_a_hundred_reloads_under_load(start):
    """Not one failed request, and a WebSocket of a service that no reload touches talks on."""

    def echo(connection):
        connection.read_request()
        connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
        while piece := connection.read_some():
            connection.send(piece)

    backends = [start.backend() for _ in range(3)]
    socket = start.backend(script=echo)
    tunnels = service(socket, name="tunnels", domain="tunnels.test")
    lb = start.lb(service(*backends), tunnels)
    with lb.connect() as tunnel, Load(lb) as load:
        assert tunnel.request(get(host="tunnels.test", extra="Connection: upgrade\r\nUpgrade: echo\r\n")).status == 101
        for number in range(100):
            config = copy.deepcopy(lb.config)
            hosts = (backends[number % 3 :] + backends[: number % 3])[: 2 + number % 2]
            config["proxy"]["services"] = [service(*hosts, timeouts={"connect": f"{2 + number}s"}), tunnels]
            if number % 4 == 0:
                config["proxy"]["routes"] = [{"match": {"path_prefix": f"/{number}"}, "service": "svc"}]
            os.replace(config_file.write(lb.folder / "next.yaml", config), lb.config_path)
            assert post_reload(lb).status_code == 200
            if number % 10 == 0:
                load.goes_on()
            word = f"still {number}".encode()
            tunnel.send(word)
            assert tunnel.read_exactly(len(word)) == word
        load.goes_on()
        assert lb.reloads("failed") == 0


def test_a_backend_that_is_gone_takes_its_numbers_with_it(start, backend, other):
    lb = start.lb(backend)
    lb.request(get())
    label = f"127.0.0.1:{backend.port}"
    lb.wait_metric(1, "lb_backend_responses_total", backend=label)
    config_file.write(lb.config_path, with_answer(lb, other))
    assert post_reload(lb).status_code == 200
    until(lambda: label not in lb.metrics().text, "no series of the backend is left")


def test_backends_restart_one_by_one(start):
    """Three `be`, each ended and started anew under load, with the retries that are the default."""
    hosts = [{"address": "127.0.0.1", "port": free_port()} for _ in range(3)]
    bes = [start.be({"proxy": {"services": [service(host)]}}) for host in hosts]
    lb = start.lb(service(*hosts))
    with Load(lb) as load:
        for index, host in enumerate(hosts):
            for _ in range(2):
                bes[index].terminate()
                assert bes[index].wait_exit() == 0
                load.goes_on()
                bes[index] = start.be({"proxy": {"services": [service(host)]}})
                load.goes_on()
