"""Corrected shares of groups: the same as from every face one by one, with decisions and edits."""

from collections.abc import Mapping, Sequence

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.audit.queries import read_evidence
from core.boxes.change import BoxChange
from core.boxes.store import apply_change
from core.database import Database
from core.estimates.shares import PEOPLE, estimate_shares
from core.groups import queries
from core.groups.comparison import compare_rows
from core.groups.grouping import By, Grouping
from core.groups.table import GroupTable, group_table
from core.settings import Settings
from models import BoxState, Choice, Face, Job, JobPhoto, Label, NoLabel
from tests.audit_rows import BARE, NOTHING, SURE, UNSURE, AuditedJob
from tests.group_rows import add_job, files
from tests.labelled import add_face, add_photo, predict

FACES = 240
#: By place in the job: the first half stands at the north gate.
GATES = ("north", "south")


@pytest.fixture
def survey(db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AuditedJob:
    """240 faces at two gates; north, more predictions of a mask are wrong."""
    monkeypatch.setattr(queries, "SLICE_PHOTOS", 50)
    job = AuditedJob(db, settings, [SURE, UNSURE, BARE, SURE, NOTHING, UNSURE] * (FACES // 6))
    with db.write() as rows:
        photos = rows.execute(select(JobPhoto.id, JobPhoto.position)).all()
        rows.execute(
            update(JobPhoto),
            [{"id": key, "name": f"{gate_of(position)}/{position}.jpg"} for key, position in photos],
        )
    return job


def gate_of(position: int) -> str:
    return GATES[min(1, position * 2 // FACES)]


def truth(job: AuditedJob, face_id: int) -> Choice:
    """What is true of a face: of every four one is wrong at the north gate, of every twenty at the other."""
    place = job.faces.index(face_id)
    wrong = place % (4 if gate_of(place) == "north" else 20) == 1
    if place == 7:
        return NoLabel.CANNOT_TELL
    return Label.WITHOUT_MASK if wrong or place % 6 == 2 else Label.WITH_MASK


def table_of(job: AuditedJob) -> GroupTable:
    with job.db.read() as rows:
        return group_table(rows, [rows.get_one(Job, job.id)], Grouping(by=By.FOLDER))


def by_gate(rows: Session, photos: Sequence[tuple[int, int]]) -> Mapping[int, str]:
    return {position: gate_of(position) for position, _ in photos}


def check_against_every_face(job: AuditedJob) -> GroupTable:
    """The table equals what the audit says from each face alone."""
    table = table_of(job)
    with job.db.read() as rows:
        evidence = read_evidence(rows, rows.get_one(Job, job.id), group_of=by_gate)
        whole = read_evidence(rows, rows.get_one(Job, job.id))
    slow = {gate: estimate_shares(evidence.of_group(gate)) for gate in GATES} | {"": estimate_shares(whole)}
    for row in (*table.rows, table.total):
        for label in PEOPLE:
            share, expected = row.share(label), slow[row.key].of(label)
            assert (share.audited, share.problem) == (expected.audited, expected.problem), row.name
            assert share.faces == expected.faces, row.name
            if not expected.problem:
                assert share.corrected == pytest.approx(expected.corrected), row.name
                assert (share.low, share.high) == pytest.approx((expected.low, expected.high)), row.name
    return table


def test_corrected_shares_equal_those_of_every_face_alone(survey: AuditedJob) -> None:
    sample = survey.draw(160)
    survey.review(sample, lambda face: truth(survey, face))
    table = check_against_every_face(survey)
    north, south = (table.rows[n].share(Label.WITH_MASK) for n in (0, 1))
    assert north.corrected and south.corrected and north.low and south.high
    assert north.corrected < south.corrected
    assert table.total.share(Label.WITH_MASK).audited == 160


def test_decisions_before_the_draw_removed_boxes_and_later_faces_count_as_the_audit_counts_them(
    survey: AuditedJob,
) -> None:
    survey.decide_elsewhere(survey.faces[0], Label.WITHOUT_MASK)
    survey.decide_elsewhere(survey.faces[130], NoLabel.CANNOT_TELL)
    sample = survey.draw(150)
    survey.review(sample, lambda face: truth(survey, face))
    survey.decide_elsewhere(survey.faces[200], Label.INCORRECT)
    with survey.db.write() as rows:
        removed = rows.get_one(Face, survey.faces[3])
        sent = {"key": "00000000-0000-4000-8000-000000000001", "kind": "remove", "face": str(removed.id)}
        apply_change(rows, removed.photo_id, BoxChange.from_json(sent), account_id=survey.owner)
        assert removed.box_state is BoxState.REMOVED
        _add_late_face(rows, survey)
    table = check_against_every_face(survey)
    assert table.later == 1
    assert "1 face came after the audit sample was drawn; corrected shares leave them out." in table.notes


def _add_late_face(rows: Session, job: AuditedJob) -> None:
    """Another photo of the job with a face that was read after the draw."""
    photo = add_photo(rows, "late.jpg")
    face = add_face(rows, photo)
    face.detector_key = "yunet"
    survey = rows.get_one(Job, job.id)
    predict(rows, survey.classifier_version_id or 0, face, Label.WITH_MASK)
    last = rows.scalars(select(JobPhoto).where(JobPhoto.position == FACES - 1)).one()
    rows.add(
        JobPhoto(
            job_id=job.id, position=FACES, locator=b"late", name="south/late.jpg", state=last.state,
            photo_id=photo.id, faces=1,
        )
    )  # fmt: skip
    rows.flush()


def test_without_an_audit_groups_say_what_they_need(survey: AuditedJob) -> None:
    table = check_against_every_face(survey)
    share = table.rows[0].share(Label.WITH_MASK)
    assert (share.corrected, share.problem) == (None, "no audited faces: 30 needed")
    assert share.raw == pytest.approx(0.8)


def test_a_group_with_too_few_audited_faces_has_no_interval(survey: AuditedJob) -> None:
    sample = survey.draw(40)
    survey.review(sample, lambda face: truth(survey, face))
    table = check_against_every_face(survey)
    problems = {row.share(Label.WITH_MASK).problem for row in table.rows}
    assert any(problem and "too few audited faces" in problem for problem in problems)
    assert table.total.share(Label.WITH_MASK).problem is None


def test_a_job_without_an_audit_beside_one_with_it_is_not_corrected_by_it(survey: AuditedJob) -> None:
    sample = survey.draw(160)
    survey.review(sample, lambda face: truth(survey, face))
    with survey.db.write() as rows:
        first = rows.get_one(Job, survey.id)
        other = add_job(rows, files("north/new{}.jpg", 30, 10), version_id=first.classifier_version_id or 0)
        table = group_table(rows, [first, other], Grouping(by=By.FOLDER))
    north, south = table.rows
    assert north.share(Label.WITH_MASK).problem == f"job {other.id} has no audit"
    assert south.share(Label.WITH_MASK).problem is None


def test_a_difference_in_plain_words(survey: AuditedJob) -> None:
    sample = survey.draw(200)
    survey.review(sample, lambda face: truth(survey, face))
    table = table_of(survey)
    found = compare_rows(*table.rows, Label.WITH_MASK)
    back = compare_rows(*reversed(table.rows), Label.WITH_MASK)
    assert found.difference.value and found.difference.is_clear
    points = round(100 * found.difference.value)
    assert found.words.startswith(f"{points} points higher, 95% interval ")
    assert back.words == found.words.replace("higher", "lower")
    same = compare_rows(table.rows[0], table.rows[0], Label.WITH_MASK)
    assert same.words.startswith("No difference, 95% interval −")
    assert same.raw_words == "Raw shares: no difference."
    assert same.words.endswith("The two may also be the same.")
