"""The CSV file of a dataset is read by somebody else's reader, and says what was frozen."""

from io import BytesIO

from pyarrow import csv
from sqlalchemy import select

from core.database import Database
from core.datasets.export import export_dataset
from models import DatasetFace, Face, Label, Photo
from tests.labelled import add_labelled, freeze_now


def test_boxes_labels_and_splits_come_back(db: Database) -> None:
    with db.write() as rows:
        for number, label in enumerate(Label):
            add_labelled(rows, 3, label, start=10 * number)
    dataset = freeze_now(db)
    table = csv.read_csv(BytesIO(b"".join(export_dataset(db.read, dataset.id))))
    read = [
        (row["sha256"], (row["x1"], row["y1"], row["x2"], row["y2"]), row["label"], row["split"])
        for row in table.to_pylist()
    ]
    with db.read() as rows:
        query = (
            select(DatasetFace, Face, Photo.sha256)
            .join(Face, Face.id == DatasetFace.face_id)
            .join(Photo, Photo.id == Face.photo_id)
            .order_by(DatasetFace.face_id)
        )
        frozen = [
            (sha256, (face.x1, face.y1, face.x2, face.y2), entry.label.value, entry.split.value)
            for entry, face, sha256 in rows.execute(query)
        ]
    assert read == frozen
    assert {label for _, _, label, _ in read} == {label.value for label in Label}
