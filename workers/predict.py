"""The batches of a predict job: list the input, read photos."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from sqlalchemy.orm import Session

from core.jobs.finish import finish_batch
from core.jobs.options import PredictOptions
from core.photos.archive import ArchiveLimits
from core.photos.store import PhotoStore
from core.photos.tally import WalkTally
from core.predict.listing import ListedPhoto, list_folder, list_upload
from core.predict.reading import read_photos
from core.predict.store import save_results
from core.predict.store_batch import is_known, read_version, read_waiting
from core.predict.store_listing import (
    add_listed,
    end_listing,
    read_upload_files,
    require_photos,
)
from models import Job
from workers.detector import load_detector
from workers.engine import BatchRun

#: Photos of a listing that are written in one transaction.
_LISTING_SLICE = 2048


def list_photos(run: BatchRun) -> None:
    """Write a row a photo and the batches that read them; the first ones start while listing goes on."""
    with run.db.read() as session:
        options = _options(session, run)
        listed, tally = _open_listing(session, run, options)
    # The first slice is small, so that workers have something to do at once.
    size = run.settings.batch_photos * run.settings.workers
    while photos := list(islice(listed, size)):
        run.check()
        with run.db.write() as session:
            add_listed(session, run.claim, photos, batch_photos=run.settings.batch_photos)
        size = _LISTING_SLICE
    with run.db.write() as session:
        require_photos(session, run.claim)
        end_listing(session, run.claim, files_ignored=tally.other_files + tally.hidden)
        finish_batch(session, run.claim)


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


def _open_listing(
    session: Session, run: BatchRun, options: PredictOptions
) -> tuple[Iterator[ListedPhoto], WalkTally]:
    """The listing from where an earlier attempt left off, and its counts."""
    tally, payload = WalkTally(), run.claim.payload
    if options.folder is not None:
        after = bytes.fromhex(payload["after"]) if "after" in payload else None
        # That the folder may be read was checked when the job was asked for.
        root = Path(options.folder)
        listed = list_folder(
            root,
            recursive=options.recursive,
            after=after,
            after_folder=payload.get("after_folder", False),
            tally=tally,
            check=run.check,
        )
        return listed, tally
    assert options.upload_id is not None
    files = read_upload_files(session, options.upload_id)
    store = PhotoStore(run.settings.data / "photos")
    limits = ArchiveLimits(max_member_bytes=run.settings.max_photo_bytes)
    skip = payload.get("listed", 0)
    return list_upload(files, store=store, limits=limits, skip=skip, tally=tally, check=run.check), tally
