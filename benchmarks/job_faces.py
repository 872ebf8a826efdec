"""A program lists the faces of a job of a million photos by cursor: python -m benchmarks.job_faces

Makes the rows of a finished job, asks for page after page as a program does, at the beginning, in the middle
and near the end, and prints what the pages took, by filter, and how much memory the service took for them.
"""

import argparse
import resource
import statistics
import tempfile
import time
from pathlib import Path

import psutil
import structlog
from flask.testing import FlaskClient

from benchmarks.million_rows import insert_million
from core.accounts import ensure_owner
from core.api_tokens import add_token
from core.database import Database
from core.settings import Settings
from models import Base, Scope
from web.api_v1.paging import text_cursor
from web.factory import create_app

_FILTERS = ("", "&label=with_mask", "&label=incorrect", "&below=0.75", "&label=with_mask&labels=predicted")


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=1_000_000)
    parser.add_argument("--limit", type=int, default=500, help="faces of a page")
    parser.add_argument("--pages", type=int, default=100, help="in a row, at each place")
    given = parser.parse_args()
    # Not a line for each request.
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    with tempfile.TemporaryDirectory(prefix="maskloop-faces-") as folder:
        settings = Settings(data=Path(folder))
        database = Database(settings.sql_url)
        Base.metadata.create_all(database.engine)
        with database.write() as rows:
            job_id = insert_million(rows, given.photos)
            scopes = [Scope.READ]
            secret = add_token(rows, ensure_owner(rows), name="benchmark", scopes=scopes, days=1)[1]
        database.dispose()
        client = create_app(settings.with_changes(api_rate=0)).test_client(use_cookies=False)
        load = psutil.getloadavg()[0]
        machine = f"{psutil.cpu_count()} cores, load {load:.1f}"
        print(f"{given.photos:,} photos, pages of {given.limit} faces, {machine}")
        print("\n| filter | at the beginning | in the middle | near the end | slowest page | memory added |")
        print("|---|---|---|---|---|---|")
        address = f"/api/v1/jobs/{job_id}/faces?limit={given.limit}"
        client.get(address, headers={"Authorization": f"Bearer {secret}"})
        for chosen in _FILTERS:
            cells = _measure(client, secret, address + chosen, given)
            name = chosen.lstrip("&").replace("&", ", ") or "none"
            print(f"| {name} | {' | '.join(cells)} |", flush=True)


def _measure(client: FlaskClient, secret: str, address: str, given: argparse.Namespace) -> list[str]:
    """Median times of pages in a row at three places, the slowest page, and the memory that was added."""
    headers, before, cells, slowest = {"Authorization": f"Bearer {secret}"}, _peak_megabytes(), [], 0.0
    for begin in (0, given.photos // 2, given.photos * 9 // 10):
        cursor: str | None = text_cursor(str(begin), "0")
        taken: list[float] = []
        while cursor is not None and len(taken) < given.pages:
            began = time.perf_counter()
            page = client.get(f"{address}&after={cursor}", headers=headers).get_json()
            taken.append((time.perf_counter() - began) * 1000)
            cursor = page["next"]
        # The last page of a list may be short.
        cells.append(f"{statistics.median(taken[:-1] or taken):.0f} ms, {len(taken)} pages")
        slowest = max(slowest, *taken)
    return [*cells, f"{slowest:.0f} ms", f"{_peak_megabytes() - before:.0f} MB"]


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
