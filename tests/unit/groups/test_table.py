"""Group tables: every photo is in one group, empty groups are there, what cannot be placed is named."""

import pytest
from sqlalchemy.orm import Session

from core.csv_text import csv_line
from core.database import Database
from core.errors import InputError
from core.estimates.shares import Estimate, Share
from core.groups import counting, queries
from core.groups.csv_file import COLUMNS, csv_lines
from core.groups.grouping import By, Grouping, TimesFrom
from core.groups.path_pattern import PathPattern
from core.groups.periods import Clock
from core.groups.table import GroupRow, GroupTable, RowKind, group_table
from models import Label, Source, SourceKind
from tests.group_rows import File, add_job, files
from tests.rows import add_version

MASK, BARE, NONE = Label.WITH_MASK, Label.WITHOUT_MASK, Label.NOT_A_FACE
GIVEN = [
    File(path="north/cam1/2026-03-02/a.jpg", labels=(MASK, MASK, BARE), taken_at="2026-03-02T08:10:00"),
    File(path="north/cam2/2026-03-02/b.jpg", labels=(MASK, NONE), taken_at="2026-03-02T08:59:59", offset=0),
    File(path="south/cam1/2026-03-04/c.jpg", labels=(), taken_at="2026-03-04T23:30:00.5", camera="X100"),
    File(path="south/cam1/2026-03-04/d.jpg", labels=(BARE,), camera=None),
    File(path="top.jpg", labels=(Label.INCORRECT,), taken_at="nonsense"),
    File(path="south/cam1/2026-03-04/broken.jpg", labels=None),
]


@pytest.fixture
def table_of(db: Database):
    version = add_version(db)
    with db.write() as session:
        job_id = add_job(session, GIVEN, version_id=version).id

    def make(by: By, **given: object) -> GroupTable:
        with db.read() as session:
            return group_table(session, [_job(session, job_id)], Grouping(by=by, **given))

    return make


def _job(session: Session, job_id: int):
    from models import Job

    return session.get_one(Job, job_id)


def counts(table: GroupTable) -> dict[str, tuple[int, int, int, int]]:
    """Photos, photos that failed, masked faces and people of each row with photos."""
    return {
        row.name: (row.photos, row.failed, row.having(MASK), row.faces)
        for row in table.rows
        if not row.is_empty
    }


def test_hours_with_the_empty_ones(table_of) -> None:
    table = table_of(By.HOUR)
    assert len(table.groups) == 24
    assert counts(table) == {
        "08:00 to 08:59": (2, 0, 3, 4),
        "23:00 to 23:59": (1, 0, 0, 0),
        "no time": (2, 1, 0, 2),
    }
    assert table.total.photos == 5 and table.total.failed == 1
    assert table.total.share(MASK).raw == pytest.approx(3 / 6), "among people: what is no face is left out"
    assert "2 photos and 1 file that could not be read: no time." in table.notes


def test_a_missing_time_says_what_would_give_it_one(table_of) -> None:
    def hints(**given: object) -> list[str]:
        return [note for note in table_of(By.HOUR, **given).notes if "gives them a time" in note]

    assert len(hints()) == 1
    assert hints(pattern=PathPattern(text="{site}/{camera}/{date}")) == []
    assert not any("gives them a time" in note for note in table_of(By.FOLDER).notes)


def row_of(name: str, corrected: float | None) -> GroupRow:
    one = Share(
        raw=0.5,
        corrected=corrected,
        low=corrected and 0.1,
        high=corrected and 0.9,
        faces=4,
        audited=4,
        problem=None,
    )
    estimate = Estimate(with_mask=one, without_mask=one, incorrect=one)
    return GroupRow(key=name, name=name, photos=1, failed=0, predicted=(2, 2, 0), estimate=estimate)


@pytest.mark.parametrize(
    ("groups", "total", "said"),
    [((0.4, 0.5), 0.3, True), ((0.4, 0.5), 0.45, False), ((0.4, None), 0.3, False), ((0.4,), 0.3, False)],
)
def test_a_total_outside_its_groups_is_explained(
    groups: tuple[float | None, ...], total: float, said: bool
) -> None:
    rows = tuple(row_of(str(number), share) for number, share in enumerate(groups))
    table = GroupTable(grouping=Grouping(by=By.FOLDER), job_ids=(1,), rows=rows, total=row_of("All", total))
    assert any("can lie outside" in note for note in table.notes) is said


def test_days_weekdays_and_weeks(table_of) -> None:
    assert [row.name for row in table_of(By.DAY).groups] == [
        "Mon 2 March 2026", "Tue 3 March 2026", "Wed 4 March 2026",
    ]  # fmt: skip
    assert [row.photos for row in table_of(By.WEEKDAY).groups] == [2, 0, 1, 0, 0, 0, 0]
    assert [row.key for row in table_of(By.WEEK).groups] == ["2026-W10"]


def test_a_time_zone_moves_what_has_an_offset_and_the_rest_is_told(table_of) -> None:
    table = table_of(By.HOUR, clock=Clock(zone="Europe/Berlin"))
    assert {"08:00 to 08:59": (1, 0, 2, 3), "09:00 to 09:59": (1, 0, 1, 1)}.items() <= counts(table).items()
    assert "3 photos do not say how far the camera's clock was from UTC" in table.notes[-1]
    converted = table_of(By.HOUR, clock=Clock(zone="Europe/Berlin", clock_zone="UTC"))
    assert counts(converted)["09:00 to 09:59"] == (2, 0, 3, 4)


def test_the_path_tells_the_day_where_exif_does_not(table_of) -> None:
    pattern = PathPattern(text="*/*/{date}")
    assert counts(table_of(By.DAY, pattern=pattern)) == {
        "Mon 2 March 2026": (2, 0, 3, 4),
        "Wed 4 March 2026": (2, 1, 0, 1),
        "no time": (1, 0, 0, 1),
    }
    from_path = table_of(By.HOUR, pattern=pattern, times_from=TimesFrom.PATH)
    assert counts(from_path) == {"no time": (5, 1, 3, 6)}, "a day is no hour"
    assert counts(table_of(By.DAY, pattern=pattern, times_from=TimesFrom.EXIF))["no time"] == (2, 1, 0, 2)


def test_folders_to_any_level(table_of) -> None:
    assert counts(table_of(By.FOLDER)) == {
        "top folder": (1, 0, 0, 1), "north": (2, 0, 3, 4), "south": (2, 1, 0, 1),
    }  # fmt: skip
    assert [row.key for row in table_of(By.FOLDER, level=2).rows] == [
        "", "north/cam1", "north/cam2", "south/cam1",
    ]  # fmt: skip


def test_folders_of_absolute_paths_and_web_addresses(db: Database) -> None:
    version = add_version(db)
    given = [File(path="/set/north/a.jpg"), File(path="https://news.example/2026/b.jpg?from=/x/y")]
    with db.write() as session:
        job = add_job(session, given, version_id=version)
        table = group_table(session, [job], Grouping(by=By.FOLDER, level=2))
    assert [row.key for row in table.rows] == ["news.example/2026", "set/north"]


def test_a_pattern_makes_groups_and_counts_what_it_does_not_match(table_of) -> None:
    pattern = PathPattern(text="{site}/{camera}/{date}")
    assert counts(table_of(By.PATTERN, pattern=pattern)) == {
        "north / cam1": (1, 0, 2, 3), "north / cam2": (1, 0, 1, 1), "south / cam1": (2, 1, 0, 1),
        "path does not match": (1, 0, 0, 1),
    }  # fmt: skip
    by_site = table_of(By.PATTERN, pattern=pattern, fields=("site",))
    assert [row.name for row in by_site.groups] == ["north", "south"]


def test_cameras_that_are_not_named_and_those_that_were_never_read_are_two_groups(table_of) -> None:
    table = table_of(By.CAMERA)
    assert counts(table) == {
        "X100": (1, 0, 0, 0), "no camera named": (3, 0, 3, 5), "unknown camera": (1, 1, 0, 1),
    }  # fmt: skip
    assert {row.kind for row in table.rows[1:]} == {RowKind.UNKNOWN}


def test_hosts_and_phrases_of_the_first_source_that_has_one(db: Database, table_of) -> None:
    table_of(By.DAY)
    with db.write() as session:
        for number, host in enumerate(["a.example", "b.example"]):
            session.add(
                Source(
                    photo_id=1, kind=SourceKind.CRAWL, location=host.encode(),
                    location_sha256=bytes([number]), name=host, host=host, phrase="queue" if number else None,
                    created_at=session.get_one(Source, 1).created_at,
                )
            )  # fmt: skip
    assert counts(table_of(By.HOST)) == {"a.example": (1, 0, 2, 3), "no host": (4, 1, 1, 3)}
    assert counts(table_of(By.PHRASE)) == {"queue": (1, 0, 2, 3), "no phrase": (4, 1, 1, 3)}


def test_several_jobs_side_by_side_and_together(db: Database) -> None:
    version = add_version(db)
    with db.write() as session:
        jobs = [
            add_job(session, files("one/{}.jpg", 3, 1), version_id=version, title="Monday"),
            add_job(session, files("two/{}.jpg", 1, 3), version_id=version, title="Tuesday"),
            add_job(session, [], version_id=version, title="closed"),
        ]
        by_job = group_table(session, jobs, Grouping(by=By.JOB))
        by_folder = group_table(session, jobs, Grouping(by=By.FOLDER))
    assert [row.share(MASK).raw for row in by_job.rows] == [0.75, 0.25, None]
    assert by_job.rows[2].name == f"Job {jobs[2].id}: closed" and by_job.rows[2].is_empty
    assert by_job.total.photos == by_folder.total.photos == 8


def test_small_slices_and_too_many_groups_count_everything(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "SLICE_PHOTOS", 3)
    monkeypatch.setattr(counting, "MOST_GROUPS", 2)
    version = add_version(db)
    given = [file for place in "abcd" for file in files(f"{place}/{{}}.jpg", 2, 1)]
    with db.write() as session:
        job = add_job(session, given, version_id=version)
        table = group_table(session, [job], Grouping(by=By.FOLDER))
    assert [(row.name, row.kind.value, row.photos, row.faces) for row in table.rows] == [
        ("a", "group", 3, 3), ("b", "group", 3, 3), ("other groups", "rest", 6, 6),
    ]  # fmt: skip
    assert (table.total.photos, table.total.having(MASK)) == (12, 8)


def test_the_csv_file_has_every_row_and_the_sum(table_of) -> None:
    table = table_of(By.FOLDER)
    lines = list(csv_lines(table))
    assert lines[0] == csv_line(COLUMNS)
    assert lines[2].decode().startswith("north,north,group,2,0,4,0,3,0.75,,,,1,0.25,")
    assert lines[-1].decode().startswith(",all,group,5,1,6,")
    assert len(lines) == len(table.rows) + 2


@pytest.mark.parametrize(
    "given",
    [
        {"by": By.PATTERN},
        {"by": By.FOLDER, "level": 0},
        {"by": By.FOLDER, "level": 21},
        {"by": By.DAY, "times_from": TimesFrom.PATH},
        {"by": By.DAY, "times_from": TimesFrom.PATH, "pattern": PathPattern(text="{site}")},
        {"by": By.PATTERN, "pattern": PathPattern(text="{site}"), "fields": ("camera",)},
    ],
)
def test_groupings_that_cannot_be_are_refused(given: dict[str, object]) -> None:
    with pytest.raises(InputError) as error:
        Grouping(**given)
    assert error.value.code == "grouping_invalid"
