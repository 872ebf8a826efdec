"""What `maskloop doctor --url` checks: the way to the service, token, clock, and what the service says."""

import time
from email.utils import parsedate_to_datetime

from core.errors import MaskloopError
from maskloop_client import ApiError, Client, ClientError, ConnectionFailed, Retries
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
}
#: Checks without which the service goes on.
_SPARED = frozenset({"broker", "trainer", "live"})


def diagnose(url: str) -> list[Finding]:
    """Every check of a service by its address."""
    try:
        token = find_token(url)
        with Client(url, token, timeout=_TIMEOUT, retries=Retries(attempts=1)) as client:
            return _ask(client, url, token)
    except ConnectionFailed as error:
        return [broken("service", f"{error}.", "See that it runs, and that the address is right.")]
    except (ClientError, MaskloopError) as error:
        return [broken("service", str(error), "See the address and the token.")]


def _ask(client: Client, url: str, token: str | None) -> list[Finding]:
    if token is None:
        advice = "Set MASKLOOP_TOKEN, or keep a token: maskloop login"
        return [broken("token", "There is no token for this service.", advice)]
    began = time.time()
    try:
        response = client.request("GET", "/system/health")
    except ApiError as error:
        return [_refused(error, url)]
    middle = (began + time.time()) / 2
    checks = response.json()["checks"]
    return [
        fine("service", f"{url} answers within {(time.time() - began) * 1000:.0f} ms."),
        fine("token", "The service accepts it."),
        _judge_clock(response.headers.get("Date", ""), middle),
        *(_judge(name, check) for name, check in checks.items()),
    ]


def _refused(error: ApiError, url: str) -> Finding:
    if error.status == 401:
        return broken(
            "token",
            error.detail,
            f"Make one on the service: maskloop token add; then: maskloop login --url {url}",
        )
    if error.code == "scope_missing":
        return broken("token", error.detail, "Use a token with the scope read.")
    return broken(
        "service", f"{error.detail} ({error.code})", "See that the address is that of a Maskloop service."
    )


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
    return judge(
        name, sentence, _ADVICE.get(name, f"See the log of the service, or start the part: maskloop {name}")
    )
