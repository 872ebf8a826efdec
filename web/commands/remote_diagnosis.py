"""What `maskloop doctor --url` checks: the way to the service, token, clock, and what the service says."""

import time
from email.utils import parsedate_to_datetime

import httpx

from core.number_text import number
from maskloop_client import ApiError, Client, ClientError, Retries
from maskloop_client.settings import API, Target
from web.commands.stored_token import find_token
from web.system.finding import Finding, broken, doubtful, fine, judge_clock

#: A header tells whole seconds, and the answer was on its way.
_ROUNDING = 1.0
_TIMEOUT = 10.0
#: What to do about a check of the service that failed, by its name.
_ADVICE = {
    "database": "See the log of the web server, and that the database server runs.",
    "disk": "Make room on the disk of the data folder; the System page says what takes how much.",
    "broker": "See that Redis or Valkey runs; workers find their work without it, but later.",
    "work": "See the logs of the workers, and start more of them.",
    "leases": "Start the tick: maskloop tick",
    "watched_folders": "Start the watcher: maskloop watcher, or see the page of the schedule that is named.",
}
#: Checks without which the service goes on.
_SPARED = frozenset({"broker", "trainer", "live", "watcher", "watched_folders"})


def diagnose(url: str) -> list[Finding]:
    """Every check of a service by its address."""
    try:
        place = Target.find(url, "none", own_transport=False).api.removesuffix(API)
        return [*_ask_health(place), _check_token(url)]
    except httpx.HTTPError as error:
        reason = str(error) or type(error).__name__
        return [broken("service", f"{url}: {reason}.", "See that it runs, and that the address is right.")]
    except ClientError as error:
        return [broken("service", str(error), "See the address and the token.")]


def _ask_health(place: str) -> list[Finding]:
    """What the service says of itself, which it tells anybody."""
    began = time.time()
    answer = httpx.get(f"{place}/health", timeout=_TIMEOUT)
    ended = time.time()
    try:
        checks = answer.json()["checks"]
    except (ValueError, KeyError, TypeError):
        sentence = f"{place} answers {answer.status_code}, but not as Maskloop does."
        return [broken("service", sentence, "See that the address is that of a Maskloop service.")]
    return [
        fine("service", f"{place} answers within {number((ended - began) * 1000)} ms."),
        _judge_clock(answer.headers.get("Date", ""), (began + ended) / 2),
        *(_judge(name, check) for name, check in checks.items()),
    ]


def _check_token(url: str) -> Finding:
    token = find_token(url)
    if token is None:
        advice = "Make one on the service with `maskloop token add`, then: maskloop login"
        return broken("token", "There is no token for this service.", advice)
    with Client(url, token, timeout=_TIMEOUT, retries=Retries(attempts=1)) as client:
        try:
            client.request("GET", "/jobs", query={"limit": 1})
        except ApiError as error:
            if error.code != "scope_missing":
                return broken("token", error.detail, "Make another one, then: maskloop login")
    return fine("token", "The service accepts it.")


def _judge_clock(date: str, here: float) -> Finding:
    try:
        there = parsedate_to_datetime(date).timestamp()
    except ValueError:
        return doubtful("clock", "The service does not tell its time.", "See the proxy before it.")
    return judge_clock("the service", max(abs(there + _ROUNDING / 2 - here) - _ROUNDING, 0.0))


def _judge(name: str, check: dict[str, object]) -> Finding:
    sentence = str(check["sentence"])
    if check["ok"]:
        return fine(name, sentence)
    judge = doubtful if name in _SPARED else broken
    advice = _ADVICE.get(name, f"See the log of the service, or start it: maskloop {name}")
    return judge(name, sentence, advice)
