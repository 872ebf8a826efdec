"""A SQLite database, a job of every kind of row, and real JPEG bytes."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from core.database import Database
from models import Base
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


@pytest.fixture
def made_db(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'made.sqlite'}")
    Base.metadata.create_all(database.engine)
    yield database
    database.dispose()


@pytest.fixture
def mixed_job(made_db: Database) -> int:
    """Seven files: all labels, no face, a doubled photo, an animation, two failures."""
    return add_job(
        made_db,
        [
            MadePhoto(name="a/one.jpg", faces=[WITH_MASK, WITHOUT_MASK, NOT_A_FACE], content=b"1"),
            MadePhoto(name="broken.jpg", error="photo_truncated"),
            MadePhoto(name="b/one again.jpg", content=b"1"),
            MadePhoto(name="nobody.jpg"),
            MadePhoto(name="moving.gif", faces=[INCORRECT], frames=12),
            MadePhoto(name="doubt.jpg", faces=[INDETERMINATE, WITH_MASK]),
            MadePhoto(name="bytes \\xff.jpg", locator=b"bytes \xff.jpg", error="not_an_image"),
        ],
    )


@pytest.fixture
def odd_job(made_db: Database) -> int:
    """One photo with a face a name."""
    return add_job(made_db, [MadePhoto(name=name, faces=[WITH_MASK]) for name in ODD_NAMES])


@pytest.fixture(scope="session")
def jpeg() -> bytes:
    """A plain photo of 640 x 480."""
    file = BytesIO()
    Image.new("RGB", (640, 480), (200, 205, 210)).save(file, "JPEG")
    return file.getvalue()
