"""Send webhooks from threads of the tick process: no worker of jobs is taken, no receiver holds others up."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

import structlog
from sqlalchemy.exc import SQLAlchemyError

from core.audit.judging import judge_target_of, list_changed, newest_decision, save_judgement
from core.crawl.guard import open_pools
from core.database import Database
from core.errors import StopWork
from core.settings import Settings
from core.webhooks.deliveries import (
    Outgoing,
    claim_delivery,
    delete_old,
    is_any_due,
    record_outcome,
    release_delivery,
)
from core.webhooks.endpoint import guard_of
from core.webhooks.post import post_message

log = structlog.get_logger()

#: Messages sent at once. Receivers that fail get half of these places at most.
PLACES = 16
_PLACES_OF_FAILING = PLACES // 2
#: Pause between two looks for due messages, and how long an unexpected error stops them.
_LOOK_SECONDS = 0.5
_PAUSE_AFTER_ERROR = 5.0
#: Pause between two looks for targets to judge, and for old deliveries to delete.
_CHORE_SECONDS = 3.0
_DELETE_EVERY = 200
_STOP_SECONDS = 5.0


class _Stopped(StopWork):
    """The process ends: the message is given back."""


class WebhookSenders:
    """A thread that claims due messages, and a pool of threads that sends them."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self._db, self._settings = db, settings
        self._stop, self._look, self._chores_wake = (threading.Event() for _ in range(3))
        self._pool = ThreadPoolExecutor(PLACES, thread_name_prefix="webhook")
        self._pools = open_pools(guard_of(settings), size=1)
        self._busy, self._lock = Counter[bool](), threading.Lock()
        self._agent = {"User-Agent": f"Maskloop/{version('maskloop')} (webhooks)"}
        self._threads = [
            threading.Thread(target=self._keep_on, args=(work, wake, pause), name=name, daemon=True)
            for name, work, wake, pause in (
                ("webhooks", self._send_due, self._look, _LOOK_SECONDS),
                ("webhook-chores", _Chores(db).do, self._chores_wake, _CHORE_SECONDS),
            )
        ]

    def start(self) -> None:
        """Begin to send."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Give back what is on its way, within seconds."""
        self._stop.set()
        self._look.set()
        self._chores_wake.set()
        for thread in self._threads:
            thread.join(_STOP_SECONDS)
        self._pool.shutdown(cancel_futures=True)

    def _keep_on(self, work: Callable[[], None], wake: threading.Event, pause: float) -> None:
        """Work again and again, whatever goes wrong; sooner than after the pause where `wake` is set."""
        while not self._stop.is_set():
            try:
                work()
            except SQLAlchemyError as error:
                log.error("webhooks_waiting", error=str(error).splitlines()[0])
                self._stop.wait(_PAUSE_AFTER_ERROR)
            except Exception:
                log.exception("webhooks_failed")
                self._stop.wait(_PAUSE_AFTER_ERROR)
            wake.wait(pause)
            wake.clear()

    def _send_due(self) -> None:
        """Hand due messages to free threads. Looking first takes no lock where nothing is due."""
        while not self._stop.is_set() and self._count_busy() < PLACES:
            with self._db.read() as session:
                if not is_any_due(session):
                    return
            with self._db.write() as session:
                outgoing = claim_delivery(
                    session,
                    # Twice the time of a message: its end is never later, whatever a receiver does.
                    lease_seconds=2 * self._settings.webhook_seconds,
                    with_failing=self._busy[True] < _PLACES_OF_FAILING,
                )
            if outgoing is None:
                return
            self._count(outgoing, 1)
            self._pool.submit(self._send, outgoing)

    def _send(self, outgoing: Outgoing) -> None:
        try:
            self._send_and_record(outgoing)
        except SQLAlchemyError as error:
            # The lease expires and the message is sent again.
            log.error("webhook_not_recorded", delivery=outgoing.delivery_id, error=str(error).splitlines()[0])
        except Exception:
            log.exception("webhook_failed", delivery=outgoing.delivery_id)
        finally:
            self._count(outgoing, -1)
            self._look.set()

    def _send_and_record(self, outgoing: Outgoing) -> None:
        try:
            outcome = post_message(
                self._pools,
                outgoing.url,
                outgoing.body,
                self._agent | outgoing.headers,
                seconds=self._settings.webhook_seconds,
                check=self._check,
            )
        except _Stopped:
            with self._db.write() as session:
                release_delivery(session, outgoing)
            return
        with self._db.write() as session:
            delivery = record_outcome(session, outgoing, outcome)
        log.info(
            "webhook_sent" if outcome.is_delivered else "webhook_not_delivered",
            delivery=outgoing.delivery_id,
            webhook=outgoing.webhook_id,
            status=outcome.status,
            milliseconds=outcome.milliseconds,
            error=outcome.error or None,
            lost=delivery is None,
        )

    def _check(self) -> None:
        if self._stop.is_set():
            raise _Stopped

    def _count_busy(self) -> int:
        with self._lock:
            return self._busy.total()

    def _count(self, outgoing: Outgoing, change: int) -> None:
        with self._lock:
            self._busy[outgoing.is_failing] += change


class _Chores:
    """Judges targets as people decide, and deletes old deliveries."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._seen: int | None = None
        self._turns = 0

    def do(self) -> None:
        """One turn."""
        self._judge_targets()
        if self._turns % _DELETE_EVERY == 0:
            with self._db.write() as session:
                delete_old(session)
        self._turns += 1

    def _judge_targets(self) -> None:
        """The intervals take time, so they are computed before the transaction that stores them."""
        with self._db.read() as session:
            newest = newest_decision(session)
            changed = list_changed(session, after_decision=self._seen or 0)
        for job_id in changed:
            with self._db.read() as session:
                judgement = judge_target_of(session, job_id)
            if judgement is not None:
                with self._db.write() as session:
                    save_judgement(session, judgement)
        self._seen = newest
