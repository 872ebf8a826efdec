"""Measure how many flipped labels a queue of likely label errors finds.

`python -m benchmarks.label_errors DATA [--flip 5] [--weights FOLDER]` imports the pictures of a training
folder that the shipped classifier was not trained on, and flips a percentage of their labels. Labels that
were wrong before, and faces that are hard to label, count as false alarms.
"""

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.accounts import ensure_owner
from core.database import Database
from core.datasets.importing.job_kind import ImportOptions, request_import
from core.detection.weights import YUNET, fetch_weights
from core.release.pictures import Origin, list_pictures, split_pictures
from core.release.prepare import detect_faces
from core.review.label_errors import ScoredFaces, find_label_errors, fit_and_predict, score_decided_faces
from core.review.options import QueueOptions
from core.review.queues.face_vectors import face_vectors
from core.review.queues.pool import LABELS
from core.review.queues.queries import read_pool
from core.settings import Settings
from core.versions.files import keep_shipped, version_files
from core.versions.store import register_shipped
from models import Base, Decision, Split
from workers.engine import run_batches
from workers.handlers import HANDLERS


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder of photos, crops and negatives")
    parser.add_argument(
        "--flip", type=float, nargs="+", default=[2, 5, 15], help="percentage of the labels to flip"
    )
    parser.add_argument("--weights", type=Path, default=Path("weights"), help="folder of weights")
    given = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="maskloop-label-errors-"))
    try:
        database, settings = _import(given.data, given.weights, scratch)
        for line in _measure(database, settings, given.flip):
            print(line)
    finally:
        shutil.rmtree(scratch)


def _import(data: Path, weights: Path, scratch: Path) -> tuple[Database, Settings]:
    folder = scratch / "set"
    for path in _test_pictures(data, weights, scratch):
        copy = folder / path.relative_to(data)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    settings = Settings(data=scratch / "data", allowed_roots=str(scratch), min_free_bytes=0)
    settings.data.mkdir()
    settings.weights.symlink_to(weights.resolve())
    database = Database(settings.sql_url)
    Base.metadata.create_all(database.engine)
    with database.write() as session:
        account_id = ensure_owner(session).id
        register_shipped(session, keep_shipped(version_files(settings)))
        options = ImportOptions(folder=str(folder))
        request_import(session, options, account_id=account_id, roots=settings.roots)
    run_batches(database, settings, HANDLERS)
    return database, settings


def _test_pictures(data: Path, weights: Path, scratch: Path) -> Iterator[Path]:
    """Pictures of the test split with their annotations."""
    fetch_weights([YUNET.name], weights)
    listed = list_pictures(data)
    rows = detect_faces(listed, weights / YUNET.name, scratch / "rows.npz", processes=2)
    for picture in split_pictures(listed, rows, processes=2):
        if picture.split is Split.TEST and picture.origin is not Origin.NEGATIVE:
            yield picture.path
            if picture.origin is Origin.PHOTO:
                yield data / "photos" / "annotations" / f"{picture.path.stem}.xml"


def _measure(database: Database, settings: Settings, shares: list[float]) -> Iterator[str]:
    for share in shares:
        with database.read() as session:
            decisions = {decision.face_id: decision for decision in session.query(Decision)}
            flipped = _flip(list(decisions.values()), share / 100)
            session.flush()
            pool = read_pool(session, QueueOptions(), 0)
            heads = score_decided_faces(session, settings, pool, seed=1, progress=lambda *_: None)
            rows = face_vectors(session, settings, heads.faces.tolist(), progress=lambda *_: None).rows
            fitted = ScoredFaces(
                faces=heads.faces,
                decided=heads.decided,
                probabilities=fit_and_predict(rows, heads.decided, rows, inverse_penalty=1.0),
                out_of_sample=False,
            )
            yield f"{len(heads.faces):,} faces, {len(flipped)} labels flipped ({share:g} %)"
            yield f"  heads not fitted on them: {_found(find_label_errors(heads), flipped)}"
            yield f"  a head fitted on them:    {_found(find_label_errors(fitted), flipped)}"
            session.rollback()


def _flip(decisions: list[Decision], share: float) -> set[int]:
    draw = np.random.default_rng(0)
    flipped = [decision for decision in decisions if draw.random() < share]
    for decision in flipped:
        others = [label for label in LABELS if label is not decision.label]
        decision.label = others[draw.integers(len(others))]
    return {decision.face_id for decision in flipped}


def _found(errors: NDArray[np.int64], flipped: set[int]) -> str:
    found = len(flipped & set(errors.tolist()))
    first = len(flipped & set(errors[: len(flipped)].tolist()))
    return f"{found} found among {len(errors)}, {first} of them among the first {len(flipped)}"


if __name__ == "__main__":
    main()
