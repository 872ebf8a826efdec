"""How workers reach the web: pools behind the guard, lanes as rows of the database."""

from collections.abc import Callable
from functools import cache
from importlib.metadata import version

from urllib3 import PoolManager

from core.crawl.fetcher import Fetcher, Manners
from core.crawl.guard import Guard, open_pools, read_allowed_hosts
from core.crawl.lanes import LanePass, LaneWait
from core.crawl.robots import RobotsMemory
from core.crawl.store_lanes import block_host, enter_lane, leave_lane, read_wait, renew_lane
from core.database import Database
from core.settings import Settings

#: The name that robots.txt knows us by.
AGENT = "Maskloop"
#: A lane whose holder has died returns after this; longer than a server may take to begin its answer.
_HOLD_SECONDS = 30.0


class DatabaseLanes:
    """Lanes that all workers share."""

    def __init__(self, db: Database, *, lanes: int, rate: float) -> None:
        self._db, self._lanes, self._pause = db, lanes, lanes / rate

    def enter(self, host: str) -> LanePass | LaneWait:
        """Look first, since a look takes no lock."""
        with self._db.read() as session:
            wait = read_wait(session, host, lanes=self._lanes)
        if wait is not None:
            return wait
        with self._db.write() as session:
            return enter_lane(session, host, lanes=self._lanes, hold_seconds=_HOLD_SECONDS)

    def renew(self, held: LanePass) -> None:
        """Hold on to the lane."""
        with self._db.write() as session:
            renew_lane(session, held, hold_seconds=_HOLD_SECONDS)

    def leave(self, held: LanePass, *, pause: float) -> None:
        """Give the lane back."""
        with self._db.write() as session:
            leave_lane(session, held, pause_seconds=max(pause * self._lanes, self._pause))

    def block(self, host: str, seconds: float) -> None:
        """Close all lanes of a host."""
        with self._db.write() as session:
            block_host(session, host, seconds=seconds)


def open_fetcher(
    settings: Settings, db: Database, *, obey_robots: bool, check: Callable[[], None]
) -> Fetcher:
    """A fetcher with the settings' manners."""
    contact = settings.crawl_contact or "no contact given"
    return Fetcher(
        shared_pools(settings.crawl_allowed_hosts),
        DatabaseLanes(db, lanes=settings.crawl_host_connections, rate=settings.crawl_host_rate),
        Manners(
            agent=AGENT,
            user_agent=f"{AGENT}/{version('maskloop')} ({contact})",
            obey_robots=obey_robots,
        ),
        memory=_robots_memory(),
        check=check,
    )


@cache
def shared_pools(allowed_hosts: str) -> PoolManager:
    """One set of connections a process."""
    return open_pools(Guard(allowed_hosts=read_allowed_hosts(allowed_hosts)))


@cache
def _robots_memory() -> RobotsMemory:
    return RobotsMemory()
