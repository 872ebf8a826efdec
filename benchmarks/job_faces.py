"""A program lists the faces of a job of a million photos by cursor: python -m benchmarks.job_faces

Makes the rows of a finished job, asks for page after page as a program does, and prints what the first and
the last pages took, by filter, and how much memory the service took for them.
"""

import argparse
import resource
import statistics
import tempfile
import time
from pathlib import Path

from flask.testing import FlaskClient

from benchmarks.million_rows import insert_million
from core.accounts import ensure_owner
from core.api_tokens import add_token
from core.database import Database
from core.settings import Settings
from models import Base, Scope
from web.factory import create_app

_FILTERS = ("", "&label=with_mask", "&label=incorrect", "&below=0.75", "&label=with_mask&labels=predicted")
#: Pages at each end that are compared.
_COMPARED = 50


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=1_000_000)
    parser.add_argument("--limit", type=int, default=500, help="faces of a page")
    given = parser.parse_args()
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
        print(f"{given.photos:,} photos, pages of {given.limit} faces\n")
        print("| filter | faces | pages | first pages | last pages | slowest page | memory added |")
        print("|---|---|---|---|---|---|---|")
        for chosen in _FILTERS:
            _walk(client, secret, f"/api/v1/jobs/{job_id}/faces?limit={given.limit}{chosen}", chosen)


def _walk(client: FlaskClient, secret: str, address: str, name: str) -> None:
    headers = {"Authorization": f"Bearer {secret}"}
    client.get(address, headers=headers)
    before, faces, taken = _peak_megabytes(), 0, []
    cursor: str | None = ""
    while cursor is not None:
        began = time.perf_counter()
        page = client.get(address + (cursor and f"&after={cursor}"), headers=headers).get_json()
        taken.append((time.perf_counter() - began) * 1000)
        faces, cursor = faces + len(page["faces"]), page["next"]
    first, last = (
        statistics.median(part) for part in (taken[:_COMPARED], taken[-_COMPARED - 1 : -1] or taken)
    )
    print(
        f"| {name.lstrip('&').replace('&', ', ') or 'none'} | {faces:,} | {len(taken):,} | {first:.0f} ms "
        f"| {last:.0f} ms | {max(taken):.0f} ms | {_peak_megabytes() - before:.0f} MB |",
        flush=True,
    )


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
