"""One attempt: what is a success, and what a receiver can do to the sender."""

import time
from collections.abc import Iterator

import pytest

from core.crawl.guard import Guard, open_pools
from core.webhooks.post import Outcome, post_message
from tests.webhook_receiver import Receiver, receiving

_HERE = Guard(allowed_hosts=frozenset({"127.0.0.1", "rebinding.example"}))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def post(url: str, *, guard: Guard = _HERE, seconds: float = 5.0, **more: object) -> Outcome:
    return post_message(open_pools(guard), url, '{"a":1}', {"webhook-id": "msg_1"}, seconds=seconds, **more)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_a_success(receiver: Receiver, status: int) -> None:
    receiver.answer = lambda _number: (status, {}, b"")
    outcome = post(receiver.url)
    assert outcome.is_delivered and outcome.status == status and outcome.error == ""
    (got,) = receiver.got
    assert (got.body, got.headers["content-type"], got.event_id) == ('{"a":1}', "application/json", "msg_1")


@pytest.mark.parametrize("status", [300, 301, 308, 400, 404, 410, 500, 503])
def test_any_other_status_is_a_failure_with_what_was_answered(receiver: Receiver, status: int) -> None:
    moved = {"Location": receiver.url + "/elsewhere", "Retry-After": "77"}
    receiver.answer = lambda _number: (status, moved, b"out of\norder \x1b[31m" + b"x" * 5000)
    outcome = post(receiver.url)
    assert not outcome.is_delivered and outcome.is_gone == (status == 410)
    assert outcome.error.startswith(f"The receiver answered {status}. out of order [31m")
    assert len(outcome.error) < 300 and outcome.error.isprintable()
    assert outcome.retry_after == 77
    assert len(receiver.got) == 1, "a redirect is not followed"


def test_a_receiver_that_drips_for_ever_gets_its_time_and_no_more(receiver: Receiver) -> None:
    began = time.monotonic()
    outcome = post(f"http://127.0.0.1:{receiver.port}/dripping", seconds=1.0)
    assert time.monotonic() - began < 3
    assert (outcome.status, outcome.is_delivered) == (None, False) and "1 s" in outcome.error


def test_a_sender_that_is_told_to_stop_stops_within_a_moment(receiver: Receiver) -> None:
    class Enough(BaseException):
        pass

    def check() -> None:
        if receiver.got:
            raise Enough

    began = time.monotonic()
    with pytest.raises(Enough):
        post(f"http://127.0.0.1:{receiver.port}/held", seconds=20.0, check=check)
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("host", ["127.0.0.1", "rebinding.example"])
def test_private_networks_are_refused_when_connecting(receiver: Receiver, host: str) -> None:
    guard = Guard(resolver=lambda _host, _port: [("127.0.0.1", receiver.port)])
    outcome = post(f"http://{host}:{receiver.port}/hook", guard=guard)
    assert outcome.status is None and "private or reserved network" in outcome.error
    assert receiver.got == []


def test_a_receiver_that_is_away_is_a_failure() -> None:
    outcome = post("http://127.0.0.1:9/hook")
    assert outcome.status is None and "cannot be reached" in outcome.error
