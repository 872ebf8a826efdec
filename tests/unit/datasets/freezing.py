"""Group and freeze what a test database holds, as a worker does."""

from core.database import Database
from core.datasets.content import select_content
from core.datasets.options import FreezeOptions
from core.datasets.queries import iterate_current_labels
from core.datasets.splitting.store import group_new_photos
from core.datasets.store import freeze
from models import Dataset, DatasetFace


def freeze_now(db: Database, options: FreezeOptions | None = None, *, title: str = "test") -> Dataset:
    """The dataset of this moment."""
    options = options or FreezeOptions()
    after_id: int | None = 0
    while after_id is not None:
        with db.write() as session:
            after_id = group_new_photos(session, after_id=after_id)
    with db.write() as session:
        content = select_content(iterate_current_labels(session), options)
        return freeze(session, content, options, title=title, account_id=None)


def faces_of(db: Database, dataset_id: int) -> dict[int, DatasetFace]:
    """Its faces by id."""
    with db.read() as session:
        found = session.query(DatasetFace).filter(DatasetFace.dataset_id == dataset_id)
        return {face.face_id: face for face in found}
