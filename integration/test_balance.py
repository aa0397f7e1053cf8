"""How requests spread over the hosts of a service."""

import pytest

from config_file import service
from raw_backend import ok
from raw_client import get

REQUESTS = 10_000


def spread(lb, hosts, requests, depth=50):
    """How many requests each host answered; sent down one connection, `depth` in flight."""
    counts = dict.fromkeys(range(hosts), 0)
    with lb.connect() as client:
        client.reader.keep = False
        for _ in range(requests // depth):
            client.send(get() * depth)
            for _ in range(depth):
                counts[int(client.read_response().body)] += 1
    return counts


@pytest.fixture
def backends(start):
    return [start.backend(ok(str(i).encode())) for i in range(4)]


def chi_square(counts, total):
    expected = total / len(counts)
    return sum((count - expected) ** 2 / expected for count in counts.values())


def test_random_is_uniform(start, backends):
    """Chi-square over 10,000 requests; a fair choice exceeds 40 with 3 degrees of freedom once in 90 million runs."""
    lb = start.lb(*backends)
    counts = spread(lb, 4, REQUESTS)
    assert sum(counts.values()) == REQUESTS
    assert chi_square(counts, REQUESTS) < 40, counts


def test_random_is_not_a_rotation(start, backends):
    """A rotation would pass the test above, too: here it would give exactly equal counts each time."""
    lb = start.lb(*backends)
    assert any(len(set(spread(lb, 4, 400).values())) > 1 for _ in range(5))


def test_round_robin_takes_turns(start, backends):
    lb = start.lb(service(*backends, balance="round_robin"), threads=1)
    with lb.connect() as client:
        order = [int(client.request(get()).body) for _ in range(12)]
    assert order[:4] != order[:1] * 4
    assert sorted(order[:4]) == [0, 1, 2, 3]
    assert order == order[:4] * 3


def test_services_take_turns_apart(start, backends):
    lb = start.lb(
        service(*backends[:2], name="a", domain="a.test", balance="round_robin"),
        service(*backends[2:], name="b", domain="b.test", balance="round_robin"),
        threads=1,
    )
    with lb.connect() as client:
        a = [client.request(get(host=host)).body for host in ["a.test", "b.test"] * 4][::2]
    assert a in ([b"0", b"1"] * 2, [b"1", b"0"] * 2)
