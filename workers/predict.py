"""The batches that read the photos of a predict job."""

from sqlalchemy.orm import Session

from core.jobs.finish import finish_batch
from core.library.files.store import PhotoStore
from core.predict.job_kind import PREDICT_STAGE
from core.predict.options import PredictOptions
from core.predict.queries import is_known, read_version, read_waiting
from core.predict.read_photos import read_photos
from core.predict.store import save_results
from models import Job
from workers.detector import load_detector
from workers.engine import BatchRun, handles


@handles(PREDICT_STAGE)
def predict_photos(run: BatchRun) -> None:
    """Read the batch's photos and write what was found in one transaction."""
    store = PhotoStore(run.settings.data / "photos")
    with run.db.read() as session:
        options = _options(session, run)
        version = read_version(session, run.claim.job_id)
        photos = read_waiting(session, run.claim, options, store)
    detector = load_detector(run.settings, options.detection, version)

    def known(sha256: str) -> bool:
        with run.db.read() as session:
            return is_known(session, sha256, detector.detector_key, version.id)

    results = list(
        read_photos(
            photos,
            detector,
            min_scale=options.detection.min_decode_scale,
            is_known=known,
            max_bytes=run.settings.max_photo_bytes,
            before_each=run.check,
        )
    )
    with run.db.write() as session:
        if results:
            save_results(
                session,
                run.claim,
                results,
                detector_key=detector.detector_key,
                classifier_version_id=version.id,
            )
        finish_batch(session, run.claim)


def _options(session: Session, run: BatchRun) -> PredictOptions:
    return PredictOptions.from_json(session.get_one(Job, run.claim.job_id).options)
