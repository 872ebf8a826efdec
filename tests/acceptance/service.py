"""The real service as a user starts it, with a view of its processes and its database."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import psutil
from sqlalchemy import select

from benchmarks.servers import free_port
from core.accounts import new_sign_in_link
from core.database import Database
from core.predict.job_kind import request_predict
from core.predict.options import PredictOptions
from core.settings import Settings
from models import Account, Job, JobState
from tests.forked_programs import ForkedProgram, short_name

ENDED = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)

T = TypeVar("T")

#: The installed command.
MASKLOOP = str(Path(sys.executable).with_name("maskloop"))


def wait_until(look: Callable[[], T], *, seconds: float, what: str) -> T:
    """The first true value of `look`; fails with `what` when the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {what}")


class Service:
    """`maskloop serve` on a scratch data folder, forked unless a test looks at how its processes start."""

    def __init__(self, folder: Path, *, photos: Path, forked: bool = True, **changes: object) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        defaults = {"lease_seconds": 3.0, "tick_seconds": 0.5, "stall_seconds": 8.0, "min_free_bytes": 0}
        # Behind other tests workers would miss their leases.
        defaults |= {"worker_nice": 0, "port": free_port(), "allowed_roots": str(photos)}
        self.settings = Settings(data=folder, **(defaults | changes))
        self.log = folder / "service.log"
        self.process: ForkedProgram | subprocess.Popen[bytes] | None = None
        self._forked = forked
        self.db = Database(self.settings.sql_url)

    def start(self) -> str:
        """Start it; the address that signs a browser in."""
        self.log.touch()
        offset = self.log.stat().st_size
        environment = self.settings.to_child_env()
        if self._forked:
            self.process = ForkedProgram("serve", env=environment, log=self.log)
        else:
            with self.log.open("ab") as log:
                self.process = subprocess.Popen([MASKLOOP, "serve"], env=environment, stdout=log, stderr=log)
        return wait_until(lambda: self._address(offset), seconds=150, what="the service's address")

    def _address(self, offset: int) -> str | None:
        assert self.process is not None
        text = self.log.read_bytes()[offset:].decode()
        assert self.process.poll() is None, f"the service ended: {text[-3000:]}"
        found = re.search(r"ready: (http\S+)", text)
        return found[1] if found else None

    @property
    def address(self) -> str:
        """Where the pages are."""
        return f"http://127.0.0.1:{self.settings.port}"

    def new_link(self) -> str:
        """Another address that signs a browser in."""
        with self.db.write() as session:
            return f"{self.address}/sign-in/{new_sign_in_link(session)}"

    def tree(self) -> list[psutil.Process]:
        """Every process below the launcher."""
        assert self.process is not None
        return psutil.Process(self.process.pid).children(recursive=True)

    def part(self, word: str) -> psutil.Process:
        """The launcher's own child whose command holds `word`."""
        assert self.process is not None
        names = [short_name(word)] if self._forked else []
        for child in psutil.Process(self.process.pid).children():
            if child.name() in names or any(word in part for part in child.cmdline()):
                return child
        raise LookupError(word)

    def kill_part(self, word: str) -> None:
        """SIGKILL to one of the launcher's children."""
        self.part(word).kill()

    def kill_worker_child(self) -> None:
        """SIGKILL to one prediction process."""
        wait_until(lambda: self.part("celery").children(), seconds=10, what="a prediction process")[0].kill()

    def submit(self, folder: Path) -> int:
        """Ask for a predict job as the web page does."""
        with self.db.write() as session:
            account_id = session.scalars(select(Account.id)).first()
            options = PredictOptions(folder=str(folder))
            return request_predict(session, options, account_id=account_id, roots=self.settings.roots).id

    def job(self, job_id: int) -> Job:
        """The job as it stands."""
        with self.db.read() as session:
            return session.get_one(Job, job_id)

    def wait_for_photos(self, job_id: int, count: int, *, seconds: float = 60) -> None:
        """Until that many photos are through."""

        def enough() -> bool:
            job = self.job(job_id)
            return job.photos_done + job.photos_failed >= count

        wait_until(enough, seconds=seconds, what=f"{count} photos")

    def wait_for_end(self, job_id: int, *, seconds: float = 120) -> Job:
        """Until the job has ended."""
        return wait_until(
            lambda: job if (job := self.job(job_id)).state in ENDED else None,
            seconds=seconds,
            what=f"the end of the job; {self.log.read_text()[-3000:]}",
        )

    def stop(self, number: int = signal.SIGINT) -> Sequence[psutil.Process]:
        """End it by a signal; the processes that outlive it (none, if all is well)."""
        if self.process is None:
            return []
        tree = self.tree() if self.process.poll() is None else []
        self.process.send_signal(number)
        self.process.wait(30)
        _, alive = psutil.wait_procs(tree, timeout=5)
        self.process = None
        return alive
