"""A dataset, two versions and their predictions, for tests of evaluation."""

from sqlalchemy import select

from core.database import Database
from models import Face, Label, Split
from tests.labelled import add_candidate, add_labelled, faces_of, freeze_now, prediction_row
from tests.rows import add_version


class TwoVersions:
    """A dataset, two versions, and the test faces."""

    def __init__(self, db: Database) -> None:
        self.champion = add_version(db)
        with db.write() as session:
            add_labelled(session, 60, Label.WITH_MASK)
            add_labelled(session, 40, Label.WITHOUT_MASK)
            self.candidate = add_candidate(session).id
        self.dataset = freeze_now(db).id
        frozen = faces_of(db, self.dataset)
        self.test = [face for face in frozen.values() if face.split is Split.TEST]
        self.train = next(face for face in frozen.values() if face.split is Split.TRAIN)


def predict_all(db: Database, versions: TwoVersions, version_id: int, wrong: dict[int, float]) -> None:
    """Predict all test faces correctly, but those in `wrong` with a wrong label of that confidence."""
    with db.write() as session:
        faces = {face.id: face for face in session.scalars(select(Face))}
        for entry in versions.test:
            other = Label.WITHOUT_MASK if entry.label is Label.WITH_MASK else Label.WITH_MASK
            label = other if entry.face_id in wrong else entry.label
            confidence = wrong.get(entry.face_id, 0.9)
            session.add(prediction_row(version_id, faces[entry.face_id], label, confidence))
