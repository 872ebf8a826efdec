"""What people decided reaches every file of a report: labels, drawn boxes, removed boxes, and sums."""

import csv
import json
import uuid
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pyarrow.parquet as pq
import pytest
from PIL import Image
from sqlalchemy import select

from core.boxes.change import BoxChange
from core.boxes.store import apply_change
from core.database import Database
from core.labels.decisions import Origin, add_decision
from models import (
    THIRD_SLOT,
    Account,
    Choice,
    Face,
    ItemState,
    Label,
    NoLabel,
    ReportFormat,
    ReviewItem,
    ReviewReason,
)
from tests.review_rows import add_queue
from tests.unit.results.reports.made_job import (
    INCORRECT,
    INDETERMINATE,
    NOT_A_FACE,
    NOW,
    WITH_MASK,
    WITHOUT_MASK,
    MadePhoto,
    add_job,
    write,
)

#: By face: predicted, decided, final, box.
EXPECTED = [
    ("incorrect", "not_a_face", "not_a_face", "found"),
    ("with_mask", "without_mask", "without_mask", "found"),
    ("indeterminate", "with_mask", "with_mask", "found"),
    ("not_a_face", "incorrect", "incorrect", "found"),
    ("with_mask", "cannot_tell", "indeterminate", "found"),
    ("without_mask", "conflict", "indeterminate", "found"),
    ("with_mask", None, "with_mask", "found"),
    ("with_mask", None, "removed", "removed"),
    ("without_mask", None, "removed", "replaced"),
    (None, None, "not_labelled", "drawn"),
    (None, "with_mask", "with_mask", "drawn"),
]
COUNTS = {"with_mask": 3, "without_mask": 1, "incorrect": 1, "indeterminate": 2, "not_labelled": 1}
PREDICTED = {"with_mask": 4, "without_mask": 2, "incorrect": 1, "indeterminate": 1}


def _edit(db: Database, photo_id: int, **sent: object) -> None:
    change = BoxChange.from_json({"key": str(uuid.uuid4()), **sent})
    with db.write() as session:
        apply_change(session, photo_id, change, account_id=None)


def _decide(db: Database, face_id: int, choice: Choice, account_id: int | None) -> None:
    with db.write() as session:
        add_decision(session, face_id, choice, Origin(account_id=account_id, queue="results"))


@pytest.fixture
def decided_job(made_db: Database) -> int:
    """One photo with every case of EXPECTED, one with a face that is no face, and one without a face."""
    db = made_db
    predicted = [
        INCORRECT, WITH_MASK, INDETERMINATE, NOT_A_FACE, WITH_MASK, WITHOUT_MASK, WITH_MASK, WITH_MASK,
        WITHOUT_MASK,
    ]  # fmt: skip
    job_id = add_job(
        db,
        [
            MadePhoto(name="all.jpg", faces=predicted, width=1600),
            MadePhoto(name="hand.jpg", faces=[INCORRECT]),
            MadePhoto(name="nobody.jpg"),
        ],
    )
    with db.write() as session:
        ann = Account(name="Ann", created_at=NOW)
        session.add(ann)
        faces = session.scalars(select(Face).order_by(Face.id)).all()
        session.flush()
        item = ReviewItem(
            queue_id=add_queue(session, []), face_id=faces[5].id, seat=THIRD_SLOT, rank=0,
            reason=ReviewReason.CONFLICT, second=False, guess=Label.WITH_MASK, guess_score=1,
            state=ItemState.WAITING,
        )  # fmt: skip
        session.add(item)
        photo, ids = faces[0].photo_id, [face.id for face in faces]
    choices = (
        Label.NOT_A_FACE, Label.WITHOUT_MASK, Label.WITH_MASK, Label.INCORRECT, NoLabel.CANNOT_TELL,
        Label.WITH_MASK,
    )  # fmt: skip
    for face_id, choice in zip(ids, choices, strict=False):
        _decide(db, face_id, choice, ann.id)
    _decide(db, ids[9], Label.NOT_A_FACE, None)
    _edit(db, photo, kind="remove", face=str(ids[7]))
    _edit(db, photo, kind="move", face=str(ids[8]), box=[1200, 300, 1290, 400])
    key = str(uuid.uuid4())
    _edit(db, photo, kind="draw", box=[20, 300, 60, 360], key=key)
    _edit(db, photo, kind="label", face=key, label="with_mask")
    return job_id


def _csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def test_faces_csv_has_the_three_labels(made_db: Database, decided_job: int, tmp_path: Path) -> None:
    rows = _csv(write(made_db, decided_job, ReportFormat.FACES_CSV, tmp_path).path)
    of_all = [row for row in rows if row["photo"] == "all.jpg"]
    columns = ("predicted_label", "decided_label", "final_label", "box")
    assert [tuple(row[name] or None for name in columns) for row in of_all] == EXPECTED
    assert all(row["label"] == row["final_label"] for row in rows)
    assert [bool(row["decided_at"]) for row in of_all] == [
        decided is not None for _, decided, _, _ in EXPECTED
    ]
    assert float(of_all[1]["rank_score"]) == pytest.approx(0.8 * 0.9)
    assert (of_all[-1]["rank_score"], of_all[-1]["detector_score"], of_all[-1]["score"]) == ("", "", "")
    assert "decided_by" not in rows[0]


def test_parquet_says_the_same(made_db: Database, decided_job: int, tmp_path: Path) -> None:
    table = pq.read_table(write(made_db, decided_job, ReportFormat.FACES_PARQUET, tmp_path).path).to_pylist()
    of_all = [row for row in table if row["photo"] == "all.jpg"]
    columns = ("predicted_label", "decided_label", "final_label", "box")
    assert [tuple(row[name] for name in columns) for row in of_all] == EXPECTED
    assert of_all[1]["rank_score"] == pytest.approx(0.72)
    assert of_all[0]["decided_at"].utcoffset().total_seconds() == 0
    assert "decided_by" not in of_all[0]


def test_json_lines_have_the_labels_and_both_sums(
    made_db: Database, decided_job: int, tmp_path: Path
) -> None:
    path = write(made_db, decided_job, ReportFormat.JSON_LINES, tmp_path).path
    _, first, *_, sums = [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]
    fields = ("predicted_label", "decided_label", "final_label", "box_from")
    assert [tuple(face[name] for name in fields) for face in first["faces"]] == EXPECTED
    assert {name: sums[name] for name in COUNTS} == COUNTS
    assert sums["predicted"] == {"photos_without_face": 1, **PREDICTED, "incorrect": 2}
    assert (sums["photos_without_face"], sums["faces"]) == (2, sum(COUNTS.values()))
    assert (sums["faces_decided"], sums["faces_drawn"], sums["faces_removed"]) == (8, 2, 2)


def test_photos_csv_counts_final_and_predicted_faces(
    made_db: Database, decided_job: int, tmp_path: Path
) -> None:
    first, hand, nobody = _csv(write(made_db, decided_job, ReportFormat.PHOTOS_CSV, tmp_path).path)
    assert {name: int(first[name]) for name in COUNTS} == COUNTS
    assert {name: int(first[f"predicted_{name}"]) for name in PREDICTED} == PREDICTED
    assert (first["faces"], first["predicted_faces"]) == ("8", "8")
    assert (first["faces_decided"], first["faces_drawn"], first["faces_removed"]) == ("7", "2", "2")
    assert (hand["faces"], hand["predicted_faces"], hand["least_confidence"]) == ("0", "1", "")
    assert (nobody["faces"], nobody["predicted_faces"]) == ("0", "0")


def test_names_are_written_only_where_asked_for(made_db: Database, decided_job: int, tmp_path: Path) -> None:
    found = {}
    for fmt in (ReportFormat.FACES_CSV, ReportFormat.JSON_LINES, ReportFormat.FACES_PARQUET):
        plain = write(made_db, decided_job, fmt, tmp_path).path.read_bytes()
        assert b"Ann" not in plain and b"decided_by" not in plain
        named = write(made_db, decided_job, fmt, tmp_path / "named", names_people=True)
        found[fmt] = named.path
    assert [row["decided_by"] for row in _csv(found[ReportFormat.FACES_CSV])][:2] == ["Ann", "Ann"]
    lines = found[ReportFormat.JSON_LINES].read_text(encoding="ascii").splitlines()
    assert json.loads(lines[1])["faces"][0]["decided_by"] == "Ann"
    assert pq.read_table(found[ReportFormat.FACES_PARQUET])["decided_by"].to_pylist()[:2] == ["Ann", "Ann"]


def test_the_page_counts_final_labels(made_db: Database, decided_job: int, tmp_path: Path) -> None:
    page = write(made_db, decided_job, ReportFormat.HTML, tmp_path).path.read_text(encoding="utf-8")
    text = " ".join(page.split())
    for label, count in COUNTS.items():
        words = "Not labelled yet" if label == "not_labelled" else label.replace("_", " ").capitalize()
        assert f'{words}</div><div class="sum__value">{count}</div>' in text
    assert "8 faces were decided by people or an imported set" in text
    assert "2 boxes were drawn" in text
    assert "2 found boxes were removed or replaced" in text


def test_the_zip_draws_no_face_that_a_person_took_for_none(
    made_db: Database, decided_job: int, tmp_path: Path, jpeg: bytes
) -> None:
    """A hand marked "not a face" was drawn as "incorrect 60%"."""
    written = write(made_db, decided_job, ReportFormat.ANNOTATED_ZIP, tmp_path, open_bytes=lambda _row: jpeg)
    with ZipFile(written.path) as archive:
        hand, all_faces = (Image.open(BytesIO(archive.read(name))) for name in ("hand.jpg", "all.jpg"))
    assert len(hand.getcolors() or []) == 1
    assert len(all_faces.getcolors(1 << 20) or []) > 1
