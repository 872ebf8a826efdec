"""What limited accounts see of every table."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import exists, func, select, text, union_all, update
from sqlalchemy.orm import aliased

from core.access.limits import Limits, set_limits
from core.access.rules import CLOSED, OPEN, conditions_of
from core.access.sessions import limit_database, limited_to, require_seen
from core.database import Database, read_clock
from core.errors import InputError
from core.jobs.progress import read_progress
from core.predict.job_kind import PREDICT_STAGE
from core.settings import Settings
from models import (
    Account,
    Base,
    Batch,
    BatchState,
    Decision,
    DuplicateGroup,
    Face,
    Job,
    JobPhoto,
    JobState,
    Photo,
    Prediction,
    QueueState,
    ReviewItem,
    ReviewQueue,
    Role,
    Schedule,
    Source,
)
from tests.access_rows import Series, add_limited, add_run, add_two_series
from tests.review_rows import add_queue

Limited = Callable[..., Database]


@pytest.fixture
def two(db: Database, tmp_path) -> tuple[Series, Series]:
    return add_two_series(db, tmp_path)


@pytest.fixture
def limited(db: Database) -> Limited:
    """The database as an account with these limits sees it."""

    def limit(role: Role, *, series: tuple[int, ...] = (), queues: tuple[int, ...] = ()) -> Database:
        with db.write() as rows:
            account = add_limited(rows, f"{role.value}-{len(series)}-{len(queues)}", role)
            set_limits(rows, account, Limits(series=series, queues=queues))
        return limit_database(db, account)

    return limit


def _ids(database: Database, model: type[Base]) -> set[int]:
    with database.read() as rows:
        return set(rows.scalars(select(model.id)))


def test_every_table_has_exactly_one_rule() -> None:
    ruled = set(conditions_of(Account(id=1, role=Role.VIEWER, limited=True))) - CLOSED
    tables = {mapper.class_ for mapper in Base.registry.mappers}
    assert tables - ruled - OPEN - CLOSED == set(), "say in core/access/rules.py who sees these"
    assert not (ruled & OPEN or ruled & CLOSED or OPEN & CLOSED)


def test_a_viewer_sees_the_jobs_of_the_series_and_what_is_theirs(limited: Limited, two) -> None:
    seen, _ = two
    view = limited(Role.VIEWER, series=(seen.schedule,))
    assert _ids(view, Job) == {seen.job}
    assert _ids(view, Schedule) == {seen.schedule}
    assert _ids(view, Photo) == set(seen.photos)
    assert _ids(view, Face) == set(seen.faces)
    # Its faces are of a job of the series, so the queue is.
    assert _ids(view, ReviewQueue) == set()
    with view.read() as rows:
        assert set(rows.scalars(select(JobPhoto.job_id))) == {seen.job}
        assert set(rows.scalars(select(Prediction.face_id))) == set(seen.faces)
        assert rows.get(DuplicateGroup, 1) is None


def test_without_series_and_queues_nothing_is_seen(limited: Limited, two) -> None:
    for role in (Role.VIEWER, Role.REVIEWER):
        view = limited(role)
        for model in (Job, Schedule, Photo, Face, ReviewQueue, ReviewItem, Source):
            assert _ids(view, model) == set(), (role, model)


def test_a_new_run_of_the_schedule_is_seen_at_once(db: Database, limited: Limited, two) -> None:
    seen, hidden = two
    view = limited(Role.VIEWER, series=(seen.schedule,))
    with db.write() as rows:
        add_run(rows, seen.schedule, rows.get_one(Job, hidden.job))
        rows.flush()
    assert _ids(view, Job) == {seen.job, hidden.job}


def test_a_photo_that_is_in_a_job_of_the_series_too_is_seen(db: Database, limited: Limited, two) -> None:
    seen, hidden = two
    view = limited(Role.VIEWER, series=(seen.schedule,))
    shared = hidden.photos[0]
    with db.write() as rows:
        rows.add(
            JobPhoto(job_id=seen.job, position=99, locator=b"x", name="x", state="done", photo_id=shared)
        )
    assert _ids(view, Photo) == {*seen.photos, shared}
    with view.read() as rows:
        # But not where the other job found it.
        assert rows.scalars(select(Source.id).where(Source.photo_id == shared)).all() == []
        assert rows.scalars(select(Source.id).where(Source.photo_id == seen.photos[0])).all()


def test_a_reviewer_sees_the_faces_of_open_queues_alone(db: Database, limited: Limited, two) -> None:
    seen, hidden = two
    view = limited(Role.REVIEWER, queues=(seen.queue,))
    assert _ids(view, ReviewQueue) == {seen.queue}
    assert _ids(view, Face) == set(seen.faces)
    assert _ids(view, Job) == set()
    with view.read() as rows:
        assert set(rows.scalars(select(ReviewItem.face_id))) == set(seen.faces)
        assert rows.get(Photo, hidden.photos[0]) is None
    with db.write() as rows:
        rows.get_one(ReviewQueue, seen.queue).state = QueueState.CLOSED
    assert _ids(view, ReviewQueue) == {seen.queue} and _ids(view, Face) == set()


@pytest.mark.parametrize("how", ["filled by a run", "of a job"])
def test_queues_of_a_series_are_seen_without_being_named(
    db: Database, limited: Limited, two, how: str
) -> None:
    seen, hidden = two
    with db.write() as rows:
        options = {"job_id": seen.job} if how == "of a job" else {}
        queue = add_queue(rows, seen.faces[:1], **options)
        add_queue(rows, hidden.faces[:1], job_id=hidden.job)
        if how == "filled by a run":
            rows.get_one(ReviewQueue, queue).job_id = seen.job
    view = limited(Role.REVIEWER, series=(seen.schedule,))
    assert _ids(view, ReviewQueue) == {queue}
    assert _ids(view, Face) == set(seen.faces[:1])


def test_every_shape_of_query_is_limited(limited: Limited, two) -> None:
    seen, hidden = two
    view = limited(Role.VIEWER, series=(seen.schedule,))
    other, few = aliased(Photo), len(seen.photos)
    one = select(Photo.id).where(Photo.id == hidden.photos[0])
    photo_of_face = exists().where(Photo.id == Face.photo_id)
    with view.read() as rows:
        assert limited_to(rows) is not None
        assert rows.scalars(select(func.count()).select_from(Photo)).one() == few
        assert rows.scalars(select(func.count()).select_from(select(Photo.id).subquery())).one() == few
        assert rows.scalars(select(func.count(other.id))).one() == few
        assert rows.scalars(select(one.exists())).one() is False
        assert rows.scalars(select(func.max(select(func.max(Photo.id)).scalar_subquery()))).one() == max(
            seen.photos
        )
        assert set(rows.scalars(select(Face.id).where(photo_of_face))) == set(seen.faces)
        both = union_all(select(Photo.id), select(Photo.id))
        assert len(rows.scalars(both).all()) == 2 * few
        assert len(rows.scalars(select(both.subquery().c.id)).all()) == 2 * few
        assert rows.get(Job, hidden.job) is None
        assert [job for _, job in rows.execute(select(Photo.id, Job).join(Job, Job.id == hidden.job))] == []
        with pytest.raises(RuntimeError, match="as text"):
            rows.execute(text("SELECT id FROM job"))
        with pytest.raises(RuntimeError, match="as text"):
            rows.scalars(select(Job).from_statement(text("SELECT * FROM job"))).all()


def test_accounts_that_ask_the_same_share_no_rows(db: Database, limited: Limited, two) -> None:
    """SQLAlchemy keeps the text of a query for the next one of its shape: not whose rows it reads."""
    seen, hidden = two
    first = limited(Role.VIEWER, series=(seen.schedule,))
    second = limited(Role.VIEWER, series=(hidden.schedule,), queues=(seen.queue,))
    other = aliased(Face)
    query = select(Face.photo_id, other.id, Source.id).join(other, other.photo_id == Face.photo_id)
    query = query.join(Source, Source.photo_id == Face.photo_id, isouter=True)
    for _ in range(3):
        for view, series in ((first, seen), (second, hidden)):
            assert _ids(view, Job) == {series.job}
            with view.read() as rows:
                found = rows.execute(query).all()
                assert {row[1] for row in found} == set(series.faces) and all(row[2] for row in found)
                assert rows.get(Job, (seen if series is hidden else hidden).job) is None
    assert _ids(second, ReviewQueue) == {seen.queue} and _ids(first, ReviewQueue) == set()


def test_workers_that_are_busy_for_others_are_no_fault(db: Database, limited: Limited, two, tmp_path) -> None:
    """A job waits its turn behind one that the account does not see: nothing is wrong."""
    seen, hidden = two
    view = limited(Role.VIEWER, series=(seen.schedule,))
    with db.write() as rows:
        long_ago = read_clock(rows) - timedelta(hours=1)
        part = {"kind": PREDICT_STAGE.name, "sequence": 0, "not_before": long_ago}
        for series, state in ((seen, BatchState.WAITING), (hidden, BatchState.LEASED)):
            job = rows.get_one(Job, series.job)
            job.state, job.stage = JobState.RUNNING, PREDICT_STAGE.name
            rows.add(Batch(job_id=series.job, state=state, **part))
        rows.flush()
        lease = update(Batch).where(Batch.state == BatchState.LEASED)
        rows.execute(lease.values(lease_until=read_clock(rows) + timedelta(hours=1)))
    settings = Settings(data=tmp_path)
    with view.read() as rows:
        assert read_progress(rows, rows.get_one(Job, seen.job), settings).stalled is None
    with db.write() as rows:
        rows.execute(update(Batch).values(state=BatchState.WAITING))
    with view.read() as rows:
        assert "Work is waiting" in (read_progress(rows, rows.get_one(Job, seen.job), settings).stalled or "")


def test_what_an_address_names_is_checked(limited: Limited, two) -> None:
    seen, hidden = two
    with limited(Role.VIEWER, series=(seen.schedule,)).read() as rows:
        require_seen(rows, {"job_id": seen.job, "photo_id": seen.photos[0], "number": 7})
        for part, number, code in (
            ("job_id", hidden.job, "job_not_found"),
            ("schedule_id", hidden.schedule, "schedule_not_found"),
            ("queue_id", hidden.queue, "queue_not_found"),
            ("photo_id", hidden.photos[0], "photo_not_found"),
            ("face_id", hidden.faces[0], "face_not_found"),
        ):
            with pytest.raises(InputError) as error:
                require_seen(rows, {part: number})
            assert error.value.code == code


def test_sessions_that_write_are_not_limited(limited: Limited, two) -> None:
    """What a decision changes, such as the counts of other jobs, is the same whoever decides."""
    with limited(Role.REVIEWER).write() as rows:
        assert len(rows.scalars(select(Job.id)).all()) == 2
        assert rows.scalars(select(Decision.id)).all() == []


@pytest.mark.parametrize("role", list(Role))
def test_only_viewers_and_reviewers_are_limited(db: Database, role: Role) -> None:
    with db.write() as rows:
        account = add_limited(rows, "ann", Role.VIEWER)
        account.role = role
    assert (limit_database(db, account) is db) is (role is Role.LEAD)
