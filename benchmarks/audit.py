"""Times the draw of an audit sample from a job with a million faces, and the memory that it takes.

`python -m benchmarks.audit [--photos 250000] [--faces 300] [--keep FILE]` creates a job with four faces a
photo in SQLite, draws a sample and then as many faces again, and prints a Markdown table. `--keep` leaves the
database there, and uses it again.
"""

import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click

from benchmarks.groups import make_job
from core.accounts import ensure_owner
from core.audit.job_kind import request_audit
from core.audit.options import AuditRequest
from core.audit.overview import read_overview
from core.database import Database
from core.logs import set_up_logs
from core.settings import Settings
from models import Job
from workers.engine import run_batches
from workers.handlers import HANDLERS


@click.command()
@click.option("--photos", default=250_000, show_default=True)
@click.option("--faces", default=300, show_default=True)
@click.option("--keep", type=click.Path(path_type=Path, dir_okay=False), help="The database file to keep.")
def main(photos: int, faces: int, keep: Path | None) -> None:
    """Create the rows, then draw twice and read the page."""
    with tempfile.TemporaryDirectory() as folder:
        path = keep or Path(folder) / "audit.sqlite"
        is_new = not path.exists()
        settings = Settings(data=Path(folder), database_url=f"sqlite:///{path}")
        set_up_logs(settings, level=40)
        db = Database(settings.sql_url)
        if is_new:
            make_job(db, photos)
        print("| step | time, s | processor time, s | peak memory, MB |\n|---|---|---|---|")
        _measure(f"draw {faces} faces", lambda: _draw(db, settings, faces, again=True))
        _measure(f"draw {faces} more", lambda: _draw(db, settings, faces, again=False))
        _measure("read the panel", lambda: _read(db))
        _measure("read it again", lambda: _read(db))
        db.dispose()


def _measure(name: str, step: Callable[[], None]) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    step()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"| {name} | {wall:.2f} | {cpu:.2f} | {peak:.0f} |")


def _draw(db: Database, settings: Settings, faces: int, *, again: bool) -> None:
    with db.write() as session:
        owner = ensure_owner(session).id
        request_audit(session, 1, AuditRequest(faces=faces, seed=1, again=again), account_id=owner)
    run_batches(db, settings, HANDLERS)


def _read(db: Database) -> None:
    with db.read() as session:
        read_overview(session, session.get_one(Job, 1), account_id=None)


if __name__ == "__main__":
    main()
