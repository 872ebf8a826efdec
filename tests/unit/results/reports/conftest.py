"""A SQLite database, a job of every kind of row, and real JPEG bytes."""

import hashlib
import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from core.database import Database
from models import Job
from tests.unit.results.reports.made_job import (
    INCORRECT,
    INDETERMINATE,
    NOT_A_FACE,
    WITH_MASK,
    WITHOUT_MASK,
    MadePhoto,
    add_job,
)

#: Every name that a disk can hold and a report must bring back.
ODD_NAMES = (
    "=HYPERLINK(\"http://x\")|' .jpg", "+1.jpg", "-1.jpg", "@sum.jpg", "\ttab.jpg", "\rreturn.jpg",
    "'quoted.jpg", "''.jpg", 'double "quotes".jpg', "comma, semicolon; .jpg", "a;=1+1.jpg",
    "line\nbreak.jpg", "\r\n.jpg",
    "写真/マスク.jpg", "صورة.jpg", "😷.jpg", " leading and trailing ", "ls\u2028ps\u2029nel\x85.jpg",
    "＝全角.jpg", "<script>alert(1)</script>&amp;.jpg", "../../etc/passwd", "/absolute.jpg",
    "C:\\windows\\con.jpg",
)  # fmt: skip
_JOBS = {
    "mixed": [
        MadePhoto(name="a/one.jpg", faces=[WITH_MASK, WITHOUT_MASK, NOT_A_FACE], content=b"1"),
        MadePhoto(name="broken.jpg", error="photo_truncated"),
        MadePhoto(name="b/one again.jpg", content=b"1"),
        MadePhoto(name="nobody.jpg"),
        MadePhoto(name="moving.gif", faces=[INCORRECT], frames=12),
        MadePhoto(name="doubt.jpg", faces=[INDETERMINATE, WITH_MASK]),
        MadePhoto(name="bytes \\xff.jpg", locator=b"bytes \xff.jpg", error="not_an_image"),
    ],
    "odd": [MadePhoto(name=name, faces=[WITH_MASK]) for name in ODD_NAMES],
    "long": [
        MadePhoto(name=f"{hashlib.sha512(b'%d' % n).hexdigest()}.jpg", faces=[WITH_MASK]) for n in range(150)
    ],
}


@pytest.fixture
def made_db(tmp_path: Path, sqlite_tables: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'made.sqlite'}")
    shutil.copyfile(sqlite_tables, tmp_path / "made.sqlite")
    yield database
    database.dispose()


@pytest.fixture(scope="session")
def jobs_made(sqlite_tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database file for each job that many tests begin with, which is its only one."""
    folder = tmp_path_factory.mktemp("jobs")
    for name, photos in _JOBS.items():
        shutil.copyfile(sqlite_tables, folder / name)
        database = Database(f"sqlite:///{folder / name}")
        add_job(database, photos)
        database.dispose()
    return folder


@pytest.fixture
def mixed_job(made_db: Database, jobs_made: Path) -> int:
    """Seven files: all labels, no face, a doubled photo, an animation, two failures."""
    return _copied("mixed", made_db, jobs_made)


@pytest.fixture
def odd_job(made_db: Database, jobs_made: Path) -> int:
    """One photo with a face a name."""
    return _copied("odd", made_db, jobs_made)


@pytest.fixture
def long_job(made_db: Database, jobs_made: Path) -> int:
    """Names that no compression makes small."""
    return _copied("long", made_db, jobs_made)


def _copied(name: str, database: Database, jobs: Path) -> int:
    """Put the job into a database that nobody has opened yet; its number."""
    assert database.path is not None and database.engine.pool.checkedin() == 0
    shutil.copyfile(jobs / name, database.path)
    with database.read() as session:
        return session.scalars(select(Job.id)).one()


@pytest.fixture(scope="session")
def jpeg() -> bytes:
    """A plain photo of 640 x 480."""
    file = BytesIO()
    Image.new("RGB", (640, 480), (200, 205, 210)).save(file, "JPEG")
    return file.getvalue()
