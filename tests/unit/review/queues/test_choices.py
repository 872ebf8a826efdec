"""What the form of a queue offers agrees with what the queue takes."""

import itertools

import pytest

from core.database import Database, read_clock
from core.errors import InputError
from core.jobs.options import JobOptions
from core.jobs.request import add_job
from core.labels.decisions import Origin, add_decision
from core.review.job_kind import AGREEMENT
from core.review.options import CHOOSABLE, QueueOptions
from core.review.queues import choices
from core.review.queues.choices import count_matching, find_job_id, list_jobs_with_photos, name_job
from core.review.queues.queries import count_decided, read_pool
from core.review.queues.ranking import choose_faces
from core.review.store import add_flag
from models import Job, Label, NoLabel, ReviewReason
from tests.review_rows import add_champion, add_faces, add_people, add_predictions, add_queue

ROWS = [(0.9, 0.06, 0.03, 0.01), (0.3, 0.6, 0.05, 0.05), (0.1, 0.2, 0.68, 0.02), (0.1, 0.1, 0.1, 0.7)] * 3


@pytest.fixture
def faces(db: Database) -> list[int]:
    """Twelve faces: some decided, undone, untellable, flagged, waiting, or with two predictions."""
    with db.write() as session:
        ann, ben = add_people(session, "ann", "ben")
        faces = add_faces(session, ROWS)
        said = {0: Label.WITH_MASK, 1: Label.INCORRECT, 4: NoLabel.CANNOT_TELL, 5: Label.WITH_MASK}
        for place, choice in said.items():
            add_decision(session, faces[place], choice, Origin(account_id=ann, queue="test"))
        for place, choice in {0: Label.INCORRECT, 5: None}.items():
            add_decision(
                session, faces[place], choice, Origin(account_id=ben if choice else ann, queue="test")
            )
        for place in (1, 6):
            add_flag(session, faces[place], ann)
        other = add_champion(session, "d" * 64, champion=False)
        add_predictions(session, faces[5:7], [(0.1, 0.1, 0.7, 0.1)] * 2, other)
        add_queue(session, faces[8:10])
    return faces


_REASONS = [one for one in CHOOSABLE if one is not ReviewReason.LABEL_ERROR]
_FILTERS: list[dict[str, object]] = [{}, {"no_faces": True}, {"label": Label.WITH_MASK}, {"reviewer_id": 1}]


def test_as_many_match_as_the_queue_takes(db: Database, faces: list[int], subtests: pytest.Subtests) -> None:
    """Nothing is written, so all cases look at the same rows."""
    for reason, filters in itertools.product(_REASONS, _FILTERS):
        options = QueueOptions(shares={reason: 100}, **filters)
        with subtests.test(reason=reason, **filters), db.read() as session:
            pool = read_pool(session, options, queue_id=99)
            chosen = choose_faces(
                pool,
                options,
                seed=1,
                counts=count_decided(session),
                diversify=lambda _pool, candidates, _wanted: candidates,
                errors=pool.faces[:0],
            )
            matching = count_matching(session, options)
            assert (matching.faces, matching.more) == (len(chosen), False)


def test_a_large_count_is_cut(db: Database, faces: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    options = QueueOptions(shares={ReviewReason.ALL: 100})
    monkeypatch.setattr(choices, "MOST_COUNTED", 2)
    with db.read() as session:
        counted = count_matching(session, options)
        monkeypatch.setattr(choices, "_MOST_SEARCHED", 1)
        searched = count_matching(session, options)
    assert (counted.faces, counted.more) == (2, True)
    assert (searched.faces <= 1, searched.more) == (True, True)


def test_jobs_are_found_by_title_and_number(db: Database) -> None:
    with db.write() as session:
        jobs = [
            add_job(session, AGREEMENT, JobOptions(), title=title, account_id=None)
            for title in ("Market", "market", "100% masks", "Empty")
        ]
        for job in jobs[:3]:
            job.photos_found = 4
        session.flush()
        first, second, percent, empty = (job.id for job in jobs)
        found = [job.id for job in list_jobs_with_photos(session, "MARK")]
        assert found == [second, first]
        assert [job.id for job in list_jobs_with_photos(session, "0% m")] == [percent]
        assert [job.id for job in list_jobs_with_photos(session)] == [percent, second, first]
        assert find_job_id(session, name_job(session.get_one(Job, first))) == first
        assert (find_job_id(session, " 7 "), find_job_id(session, ""), find_job_id(session, "empty")) == (
            7,
            None,
            empty,
        )
        for words in ("Market", "Nothing"):
            with pytest.raises(InputError) as unclear:
                find_job_id(session, words)
            assert unclear.value.code == "job_not_found"
        session.get_one(Job, second).deleted_at = read_clock(session)
        assert [job.id for job in list_jobs_with_photos(session, "MARK")] == [first]
        assert find_job_id(session, "Market") == first
