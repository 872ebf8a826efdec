"""The batches of an extract job: list photos that were not searched, find their faces."""

from core.jobs.finish import finish_batch
from core.jobs.job_photos import save_outcome
from core.jobs.lease import lock_held
from core.predict.extract.job_kind import EXTRACT_STAGE, ExtractOptions
from core.predict.extract.search import SearchedPhoto, search_photo
from core.predict.extract.store import not_searched, save_searched
from models import Job, Photo
from workers.detector import load_finder
from workers.engine import BatchRun, handles
from workers.library import list_library, read_each


@handles(EXTRACT_STAGE)
def extract_faces(run: BatchRun) -> None:
    """The first batch lists photos, the others search them."""
    with run.db.read() as session:
        options = ExtractOptions.from_json(session.get_one(Job, run.claim.job_id).options)
    detector_key = load_finder(run.settings, options.detection).detector_key
    if run.claim.first_position is None:
        list_library(run, not_searched(detector_key, options))
    else:
        _search(run, options, detector_key)


def _search(run: BatchRun, options: ExtractOptions, detector_key: str) -> None:
    finder = load_finder(run.settings, options.detection)

    def search(data: bytes, photo: Photo) -> SearchedPhoto:
        scale = options.detection.min_decode_scale
        return search_photo(data, finder, min_scale=scale, is_hashed=photo.phash is not None)

    done, failed = read_each(run, search)
    with run.db.write() as session:
        lock_held(session, run.claim)
        save_searched(
            session, run.claim, {photo.id: found for photo, found in done.values()}, detector_key=detector_key
        )
        counts = {position: len(found.faces) for position, (_, found) in done.items()}
        save_outcome(session, run.claim, faces=counts, failed=failed)
        finish_batch(session, run.claim)
