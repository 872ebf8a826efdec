"""How workers reach the web: connection pools behind the guard, host slots in the database."""

from collections.abc import Callable
from functools import cache
from importlib.metadata import version

from urllib3 import PoolManager

from core.crawl.fetcher import Fetcher
from core.crawl.guard import Guard, open_pools, read_allowed_hosts
from core.crawl.host_slots import HostSlot, SlotWait
from core.crawl.politeness import CrawlPolicy
from core.crawl.robots import RobotsMemory
from core.crawl.store import block_host, read_slot_wait, release_slot, renew_slot, take_slot
from core.database import Database
from core.settings import Settings

#: The product's name in robots.txt.
AGENT = "Maskloop"
#: The longest that one address may take.
TOTAL_SECONDS = 60.0
#: A slot whose holder has died becomes free after this; longer than a server may take to send its headers.
_HOLD_SECONDS = 30.0


class DatabaseSlots:
    """Host slots that all workers share."""

    def __init__(self, db: Database, *, slots: int, rate: float) -> None:
        self._db, self._slots, self._pause = db, slots, slots / rate

    def take(self, host: str) -> HostSlot | SlotWait:
        """Look first, since reading takes no lock."""
        with self._db.read() as session:
            wait = read_slot_wait(session, host, slots=self._slots)
        if wait is not None:
            return wait
        with self._db.write() as session:
            return take_slot(session, host, slots=self._slots, hold_seconds=_HOLD_SECONDS)

    def renew(self, held: HostSlot) -> None:
        """Keep the slot."""
        with self._db.write() as session:
            renew_slot(session, held, hold_seconds=_HOLD_SECONDS)

    def release(self, held: HostSlot, *, pause: float) -> None:
        """Give the slot back."""
        with self._db.write() as session:
            release_slot(session, held, pause_seconds=max(pause * self._slots, self._pause))

    def block(self, host: str, seconds: float) -> None:
        """Close all slots of a host."""
        with self._db.write() as session:
            block_host(session, host, seconds=seconds)


def open_fetcher(
    settings: Settings,
    db: Database,
    *,
    obey_robots: bool,
    check: Callable[[], None],
    may_wait: Callable[[], bool] = lambda: True,
) -> Fetcher:
    """A fetcher with the crawl policy of the settings; `check` and `may_wait` are those of `Fetcher`."""
    contact = settings.crawl_contact or "no contact given"
    return Fetcher(
        shared_pools(settings.crawl_allowed_hosts),
        DatabaseSlots(db, slots=settings.crawl_host_connections, rate=settings.crawl_host_rate),
        CrawlPolicy(
            agent=AGENT,
            user_agent=f"{AGENT}/{version('maskloop')} ({contact})",
            obey_robots=obey_robots,
            total_seconds=TOTAL_SECONDS,
        ),
        memory=_robots_memory(),
        check=check,
        may_wait=may_wait,
    )


@cache
def shared_pools(allowed_hosts: str) -> PoolManager:
    """One set of connections per process."""
    return open_pools(Guard(allowed_hosts=read_allowed_hosts(allowed_hosts)))


@cache
def _robots_memory() -> RobotsMemory:
    return RobotsMemory()
