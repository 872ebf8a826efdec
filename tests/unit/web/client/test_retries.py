"""Which requests the client sends again, after how long, and how errors are told."""

import pickle

import httpx
import pytest

from maskloop_client import ApiError, ConnectionFailed, Retries
from tests.unit.web.client.conftest import Script

_TOKENS = httpx.Response(200, json={"tokens": []})
_CUT = httpx.ReadError("cut off")
_NOBODY = httpx.ConnectError("refused")


@pytest.mark.parametrize(
    "first", [_CUT, _NOBODY, *(httpx.Response(status) for status in (429, 502, 503, 504))], ids=str
)
def test_a_reading_request_is_sent_again(
    first: httpx.Response | httpx.TransportError, pauses: list[float]
) -> None:
    script = Script(first, first, _TOKENS)
    assert script.client().tokens.list() == []
    assert len(script.requests) == 3
    assert 0.25 <= pauses[0] <= 0.5 <= pauses[1] <= 1.0


@pytest.mark.parametrize(
    ("first", "sent"),
    [
        (_NOBODY, 2),
        (httpx.Response(429), 2),
        (httpx.Response(503), 2),
        (_CUT, 1),
        (httpx.Response(502), 1),
        (httpx.Response(500), 1),
    ],
    ids=str,
)
def test_a_change_is_sent_again_only_if_it_was_not_made(
    first: httpx.Response | httpx.TransportError, sent: int, pauses: list[float]
) -> None:
    """A link whose answer was lost may have been made."""
    script = Script(first, httpx.Response(400))
    with pytest.raises((ApiError, ConnectionFailed)):
        script.client().people.link(4)
    assert len(script.requests) == sent


def test_what_is_created_has_a_key_and_is_sent_again_with_it(pauses: list[float]) -> None:
    script = Script(_CUT, httpx.Response(400))
    with pytest.raises(ApiError):
        script.client().tokens.create("x", ["read"])
    first, second = (request.headers["Idempotency-Key"] for request in script.requests)
    assert first == second


def test_the_service_says_how_long_to_wait(pauses: list[float]) -> None:
    script = Script(httpx.Response(429, headers={"Retry-After": "7"}), _TOKENS)
    script.client().tokens.list()
    assert pauses == [7.0]


def test_nobody_is_waited_for_too_long(pauses: list[float]) -> None:
    script = Script(httpx.Response(503, headers={"Retry-After": "300"}))
    with pytest.raises(ApiError) as busy:
        script.client().tokens.list()
    assert (busy.value.status, pauses) == (503, [])


def test_the_end_of_patience_is_an_error(pauses: list[float]) -> None:
    script = Script(_NOBODY)
    with pytest.raises(ConnectionFailed, match=r"GET http://localhost/api/v1/tokens: refused"):
        script.client(retries=Retries(attempts=3)).tokens.list()
    assert len(script.requests) == 3


def test_an_answer_that_is_no_problem_is_told_too() -> None:
    script = Script(httpx.Response(404, text="<h1>nginx</h1>"))
    with pytest.raises(ApiError) as strange:
        script.client().tokens.list()
    assert (strange.value.code, strange.value.detail) == ("http_404", "<h1>nginx</h1>")
    copied = pickle.loads(pickle.dumps(strange.value))
    assert (copied.status, copied.code, copied.detail) == (404, "http_404", "<h1>nginx</h1>")


def test_the_token_goes_with_every_request() -> None:
    script = Script(_TOKENS)
    script.client().tokens.list()
    assert script.requests[0].headers["Authorization"] == "Bearer t"
    assert script.requests[0].headers["User-Agent"].startswith("maskloop-client/")
