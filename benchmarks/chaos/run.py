"""One run: request jobs, let faults happen until they have ended, and look at what is left."""

import random
import shutil
import signal
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from benchmarks.chaos.faults import Fault, draw_faults
from benchmarks.chaos.invariants import Findings, find_wrong
from benchmarks.chaos.requests import Requests
from benchmarks.chaos.results import Expected
from benchmarks.chaos.size import Size
from benchmarks.chaos.world import Kind, World, open_world
from core.crawl.job_kind import CRAWL
from core.datasets.importing.job_kind import IMPORT
from core.jobs.stages import UNFINISHED
from core.predict.job_kind import PREDICT
from core.removal.job_kind import REMOVE
from core.settings import Settings
from models import Batch, BatchState, CrawlSearch, Job, ReportFormat, TrainingEpoch

_LOOK_SECONDS = 0.2
#: Longest pause after the service has recovered from a fault.
_LONGEST_PAUSE = 2.0
_HEALTHY_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A fault that happened."""

    names: tuple[str, ...]
    #: Seconds since the start of the run.
    at: float
    #: Seconds from its end to the next result; None if no job was left that could make one.
    recovery: float | None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a run."""

    seed: int
    database: Kind
    seconds: float
    jobs: int
    hits: tuple[Hit, ...]
    findings: Findings

    @property
    def slowest_recovery(self) -> float:
        """Of all faults, in seconds."""
        return max((hit.recovery for hit in self.hits if hit.recovery is not None), default=0.0)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings.lines


def run_in_scratch(*, kind: Kind, size: Size, seed: int, keep: bool) -> Outcome:
    """A run in a process of its own; with `keep` the folder of a run with findings stays."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = Path(tempfile.mkdtemp(prefix=f"maskloop-chaos-{seed}-"))
    is_kept = keep
    try:
        outcome = run_once(folder, kind=kind, size=size, seed=seed, weights=Settings.from_env().weights)
        is_kept = keep and not outcome.ok
        return outcome
    finally:
        if is_kept:
            print(f"seed {seed}: {folder} is kept", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)


def run_once(folder: Path, *, kind: Kind, size: Size, seed: int, weights: Path) -> Outcome:
    """Run in an empty folder; the same seed draws the same photos and the same faults in the same order."""
    began = time.monotonic()
    with open_world(folder, kind=kind, size=size, seed=seed, weights=weights) as world:
        requests = Requests(world.db, world.scene, size.left_out(seed))
        requests.begin()
        world.parts.start()
        left: list[str] = []
        try:
            hits = _Disturbance(world, requests, random.Random(seed)).run()
            sick = _wait_until_healthy(world)
        finally:
            left = [*world.parts.stop(), *_left_behind(folder)]
        with world.db.read() as session:
            jobs = session.scalars(select(func.count()).select_from(Job)).one()
            findings = find_wrong(session, world.settings, _expected(world, requests))
    return Outcome(
        seed=seed,
        database=kind,
        seconds=time.monotonic() - began,
        jobs=jobs,
        hits=tuple(hits),
        findings=replace(findings, unfinished=(*findings.unfinished, *sick, *left)),
    )


@dataclass
class _Disturbance:
    """Lets faults happen, watches the parts and measures recoveries, all in one thread."""

    world: World
    requests: Requests
    rng: random.Random
    hits: list[Hit] = field(default_factory=list)

    def run(self) -> list[Hit]:
        """Return when every job has ended, or when the time is over."""
        began = time.monotonic()
        until = began + self.world.size.bound_seconds
        faults = draw_faults(self.world, self.rng)
        # Starting is no recovery.
        self._wait_for(lambda: bool(self._read(_read_progress)), until - began)
        while time.monotonic() < until and not self._wait(self.rng.uniform(0, _LONGEST_PAUSE)):
            if len(self.hits) == self.world.size.faults:
                self._wait_for(self._are_over, until - time.monotonic())
                break
            at, together = time.monotonic() - began, next(faults)
            self._let_happen(together)
            self.hits.append(Hit(names=tuple(f.name for f in together), at=at, recovery=self._recover(until)))
        return self.hits

    def _let_happen(self, together: tuple[Fault, ...]) -> None:
        begun = time.monotonic()
        ends = sorted(((fault.seconds, fault.begin()) for fault in together), key=lambda timed: timed[0])
        for seconds, end in ends:
            try:
                self._wait_for(lambda: False, seconds - (time.monotonic() - begun))
            finally:
                end()

    def _recover(self, until: float) -> float | None:
        """Seconds until the next result of a job."""
        before, began = self._read(_read_progress), time.monotonic()

        def is_on() -> bool:
            return self._are_over() or self._read(_read_progress) not in (before, None)

        self._wait_for(is_on, until - time.monotonic())
        return None if self._are_over() else time.monotonic() - began

    def _wait(self, seconds: float) -> bool:
        """Let the service work; True once every job has ended."""
        self._wait_for(self._are_over, seconds)
        return self._are_over()

    def _wait_for(self, look: Callable[[], bool], seconds: float) -> None:
        until = time.monotonic() + seconds
        while True:
            self.world.parts.watch()
            if time.monotonic() >= until or look():
                return
            time.sleep(_LOOK_SECONDS)

    def _are_over(self) -> bool:
        """Whether every job has ended; requests the second ones once the first ones have."""
        try:
            self.requests.go_on()
        except SQLAlchemyError:
            return False
        return self.requests.finished and self._read(_count_open) == 0

    def _read(self, read: Callable[[Session], int]) -> int | None:
        """None while the database does not answer."""
        try:
            with self.world.db.read() as session:
                return read(session)
        except SQLAlchemyError:
            return None


def _read_progress(session: Session) -> int:
    """A number that every result raises or lowers."""
    of_jobs = select(
        func.coalesce(func.sum(Job.photos_found + Job.photos_done + Job.photos_failed + Job.steps_done), 0)
    )
    others = (
        select(func.coalesce(func.sum(CrawlSearch.pages), 0)),
        select(func.count()).where(Batch.state == BatchState.DONE),
        select(func.count()).select_from(TrainingEpoch),
    )
    return sum(int(session.scalars(query).one()) for query in (of_jobs, *others))


def _count_open(session: Session) -> int:
    """Jobs that have not ended, and deleted ones that are not purged."""
    waits = Job.state.in_(UNFINISHED) | (Job.deleted_at.is_not(None) & Job.purged_at.is_(None))
    return session.scalars(select(func.count()).where(waits)).one()


def _expected(world: World, requests: Requests) -> Expected:
    folders = {PREDICT.name: world.photos.predicted, IMPORT.name: world.photos.imported}
    names = {
        requests.jobs[kind]: frozenset(str(path.relative_to(folder)) for path in folder.rglob("*.jpg"))
        for kind, folder in folders.items()
        if kind in requests.jobs
    }
    dripping = frozenset(world.site.dripping)
    if CRAWL.name in requests.jobs:
        names[requests.jobs[CRAWL.name]] = dripping.union(world.site.pictures)
    return Expected(
        jobs=requests.jobs,
        names=names,
        unreadable=dripping,
        dataset_id=world.scene.dataset_id,
        champion_id=world.scene.champion_id,
        further_reports=frozenset({ReportFormat.ANNOTATED_ZIP}),
        removed_hosts=frozenset({world.site.host}) if REMOVE.name in requests.jobs else frozenset(),
    )


def _wait_until_healthy(world: World) -> list[str]:
    """What `/health` still says after a minute; nothing once it says that all is well."""
    if "web" not in list(world.parts):
        return []
    until, said = time.monotonic() + _HEALTHY_SECONDS, "no answer"
    while time.monotonic() < until:
        world.parts.watch()
        try:
            urllib.request.urlopen(world.health, timeout=5).close()
            return []
        except urllib.error.HTTPError as answer:
            said = answer.read().decode()
        except OSError:
            pass
        time.sleep(_LOOK_SECONDS)
    return [f"not healthy: {said}"]


def _left_behind(folder: Path) -> Iterator[str]:
    """Processes that still work for this folder."""
    for process in psutil.process_iter():
        try:
            place = process.environ().get("MASKLOOP_DATA", "")
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        if process.pid != psutil.Process().pid and place.startswith(str(folder)):
            yield f"process {process.pid} is left: {' '.join(process.cmdline())}"
