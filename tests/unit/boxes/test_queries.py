"""Lists of photos to box search a bounded number of rows."""

from pathlib import Path

import pytest
from sqlalchemy import update

from core.boxes import queries
from core.boxes.queries import find_next_to_box, find_previous_photo, list_photos
from core.database import Database, read_clock
from models import Photo
from tests.unit.web.finished_job import add_finished_job


def test_a_long_search_stops_and_continues(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "WINDOW", 3)
    monkeypatch.setattr(queries, "WINDOWS", 2)
    job_id = add_finished_job(db, tmp_path / "photos", photos=20)
    with db.write() as rows:
        rows.execute(update(Photo).where(Photo.id <= 10).values(boxed_at=read_clock(rows)))
    with db.read() as rows:
        first = list_photos(rows, job_id, boxed=False)
        assert (first.photos, first.next_after, first.cut_short) == ((), 5, True)
        second = list_photos(rows, job_id, boxed=False, after=first.next_after)
        assert (second.photos, second.next_after) == ((), 11)
        third = list_photos(rows, job_id, boxed=False, after=second.next_after, limit=2)
        assert [listed.position for listed in third.photos] == [12, 13]
        assert third.next_after == 13
        assert find_next_to_box(rows, job_id, 13).position == 14
        assert find_next_to_box(rows, job_id, 0) is None
        assert find_previous_photo(rows, job_id, 13).position == 12
        assert find_previous_photo(rows, job_id, 0) is None
        boxed = list_photos(rows, job_id, boxed=True)
        assert [listed.position for listed in boxed.photos] == [0, 1, 2, 3, 4]
