"""Waiting for something observable, with a deadline. No test sleeps for a fixed time."""

import time

SLOW_MACHINE = 20.0  # seconds; generous, since passing never waits for it


def until(condition, what, deadline=SLOW_MACHINE, pause=0.005):
    """Polls, every `pause` seconds, until condition() is truthy and returns its value; fails with `what` after `deadline`
    seconds."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"still not after {deadline:g} s: {what}")
        time.sleep(pause)
