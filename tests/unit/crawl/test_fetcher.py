"""The crawl policy and the safety of a fetch, against servers that misbehave."""

from datetime import UTC, datetime

import pytest

from core.crawl.fetcher import Fetcher, HostBusy
from core.crawl.politeness import read_retry_after, refuses_learning
from core.errors import InputError, TransientError
from tests.unit.crawl.conftest import OpenSlots, make_fetcher
from tests.web_server import LENGTHS, REPEATED_LENGTHS, LocalWeb, picture

_MAX = 1 << 20


def _get(fetcher: Fetcher, path: str, host: str = "pictures.example") -> bytes:
    return fetcher.get(f"https://{host}{path}", max_bytes=_MAX).content


def test_a_picture_is_fetched_with_our_user_agent(web: LocalWeb, fetcher: Fetcher) -> None:
    web.agents.clear()
    reply = fetcher.get("https://pictures.example/ok/1.jpg#top", max_bytes=_MAX)
    assert (reply.status, reply.content) == (200, picture(1))
    assert web.agents == {"Maskloop/test (tests)"}


def test_redirects_are_followed_to_the_end(fetcher: Fetcher) -> None:
    reply = fetcher.get("https://pictures.example/redirect/2", max_bytes=_MAX)
    assert reply.url == "https://pictures.example/ok/2.jpg"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/loop/1", "too_many_redirects"),
        ("/gone/1", "http_404"),
        ("/private/1.jpg", "robots_refused"),
        ("/noai/1.jpg", "ai_use_refused"),
        ("/endless/1.jpg", "photo_too_large_bytes"),
        ("/inside/1", "address_refused"),
    ],
)
def test_permanent_failures_are_not_retried(fetcher: Fetcher, path: str, code: str) -> None:
    with pytest.raises(InputError) as refused:
        _get(fetcher, path)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("path", "code"),
    [("/broken/1", "http_500"), ("/short/1.jpg", "answer_cut_short")],
)
def test_temporary_failures_are_tried_three_times(
    web: LocalWeb, fetcher: Fetcher, path: str, code: str
) -> None:
    before = web.begun[f"pictures.example{path}"]
    with pytest.raises(TransientError) as failed:
        _get(fetcher, path)
    assert failed.value.code == code
    assert web.begun[f"pictures.example{path}"] == before + 3


@pytest.mark.parametrize("number", range(len(LENGTHS)))
def test_a_content_length_that_is_no_plain_number_has_its_code(fetcher: Fetcher, number: int) -> None:
    if number < REPEATED_LENGTHS:
        assert _get(fetcher, f"/lengths/{number}.jpg") == picture(number)
        return
    with pytest.raises(InputError) as refused:
        _get(fetcher, f"/lengths/{number}.jpg")
    assert refused.value.code == "answer_invalid"


def test_a_host_that_asks_for_a_pause_gets_it(web: LocalWeb, slots: OpenSlots, fetcher: Fetcher) -> None:
    assert _get(fetcher, "/busy/1.jpg") == picture(1)
    assert slots.blocked == {"pictures.example": 1.0}
    web.retry_after = "600"
    with pytest.raises(HostBusy) as busy:
        _get(fetcher, "/busy/2.jpg")
    web.retry_after = "1"
    assert busy.value.seconds == 600


def test_an_unreadable_robots_file_blocks_the_host(fetcher: Fetcher) -> None:
    with pytest.raises(TransientError) as failed:
        _get(fetcher, "/ok/1.jpg", host="broken.example")
    assert failed.value.code == "robots_unreachable"


def test_a_missing_robots_file_allows_all_and_is_requested_once(web: LocalWeb, fetcher: Fetcher) -> None:
    before = web.begun["site.example/robots.txt"]
    for number in range(3):
        _get(fetcher, f"/ok/{number}.jpg", host="site.example")
    assert web.begun["site.example/robots.txt"] == before + 1


def test_robots_can_be_ignored_on_demand(web: LocalWeb, slots: OpenSlots) -> None:
    impolite = make_fetcher(web, slots, obey_robots=False)
    assert len(_get(impolite, "/ok/1.jpg", host="closed.example")) > 1000
    assert len(_get(impolite, "/noai/1.jpg")) > 1000


def test_waiting_ends_when_the_batch_stops(web: LocalWeb, slots: OpenSlots) -> None:
    class Stopped(Exception):
        pass

    def stop() -> None:
        raise Stopped

    fetcher = make_fetcher(web, slots)
    fetcher._check = stop
    with pytest.raises(Stopped):
        _get(fetcher, "/slow/9.jpg")


def test_retry_after_is_a_number_or_a_date() -> None:
    now = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert read_retry_after("120", now) == 120
    assert read_retry_after("Thu, 01 Jan 2026 12:00:30 GMT", now) == 30
    assert read_retry_after("Thu, 01 Jan 2026 11:00:00 GMT", now) == 0
    assert read_retry_after("99999999", now) == 86_400
    assert read_retry_after("soon", now) is None
    assert read_retry_after(None, now) is None


@pytest.mark.parametrize(
    ("value", "refuses"),
    [
        ("noai", True),
        ("noindex, NoImageAI", True),
        ("maskloop: noai", True),
        ("otherbot: noai", False),
        ("otherbot: noindex, noai", False),
        ("otherbot: noindex, maskloop: noai", True),
        ("unavailable_after: 25 Jun 2030 15:00:00 PST", False),
        ("noindex", False),
    ],
)
def test_directives(value: str, refuses: bool) -> None:
    assert refuses_learning(value, "Maskloop") is refuses
