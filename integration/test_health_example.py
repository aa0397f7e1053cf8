"""The library of active checks in a program that has nothing else of lb: the example check_address, over real sockets."""

from ports import free_port
from program import binary, run
from raw_backend import ok


def check(port, checks, path="/healthz"):
    done = run(binary("check_address"), "127.0.0.1", port, path, checks)
    return done.returncode, done.stdout.splitlines()


def test_each_result_is_printed_and_the_last_state_is_the_exit_code(start):
    answers = iter([ok(b"fine")] * 2 + [ok(b"", status="500 Internal Server Error")] * 3)
    seen = []

    def answer(request):
        seen.append((request.target, request.get("Host")))
        return next(answers)

    backend = start.backend(answer)
    code, lines = check(backend.port, 5)
    assert lines == ["passed: status 200"] * 2 + ["failed: status 500"] * 3 + ["it is down: status 500"]
    assert code == 1
    assert seen == [("/healthz", f"127.0.0.1:{backend.port}")] * 5


def test_an_address_that_serves_is_up(start):
    code, lines = check(start.backend(lambda request: ok(b"fine")).port, 3, path="/")
    assert (code, lines) == (0, ["passed: status 200"] * 3)


def test_an_address_where_nobody_is_comes_out_as_down():
    code, lines = check(free_port(), 1)
    assert code == 1
    assert len(lines) == 2
    assert lines[0].startswith("failed: ") and lines[1].startswith("it is down: ")


def test_what_is_no_path_is_refused():
    done = run(binary("check_address"), "127.0.0.1", "80", "nowhere", "1")
    assert done.returncode == 2
    assert "usage" in done.stderr
