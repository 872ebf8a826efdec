"""The batches of an import: find the faces of a labelled set and write its labels."""

from core.datasets.importing.job_kind import IMPORT_STAGE, ImportOptions
from core.datasets.importing.photos import import_photos
from core.datasets.importing.queries import read_truths
from core.datasets.importing.store import save_import
from core.jobs.finish import finish_batch
from core.library.files.store import photo_store
from core.predict.queries import read_waiting
from core.predict.read_photos import fetched_ahead
from core.storage.inputs import input_buckets
from core.versions.detectors.queries import read_job_detector
from core.versions.queries import read_champion
from models import Job
from workers.detector import load_detector
from workers.engine import BatchRun, handles


@handles(IMPORT_STAGE)
def import_batch(run: BatchRun) -> None:
    """Find the faces of the photos of a batch, and write photos, faces and labels in one transaction."""
    store = photo_store(run.settings)
    with run.db.read() as session:
        job = session.get_one(Job, run.claim.job_id)
        options = ImportOptions.from_json(job.options)
        photos = read_waiting(
            session, run.claim, options.input, store, run.settings.roots, input_buckets(run.settings)
        )
        truths = read_truths(session, run.claim)
        champion = read_champion(session)
        card = read_job_detector(session, run.settings, job.id)
    # Any classifier will do: an import only finds faces.
    detector = run.compute(lambda: load_detector(run.settings, options.input.detection, champion, card))
    with fetched_ahead(photos):
        found = import_photos(
            photos,
            truths,
            detector,
            all_faces_boxed=options.all_faces_boxed,
            max_bytes=run.settings.max_photo_bytes,
            before_each=run.check,
        )
        results = run.compute(lambda: list(found))
    with run.db.write() as session:
        if results:
            save_import(session, run.claim, results, detector_key=detector.detector_key)
        finish_batch(session, run.claim)
