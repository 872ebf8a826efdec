"""The batch that lists the input of a predict or an import job."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from sqlalchemy.orm import Session

from core.datasets.importing.annotations import (
    ReadAnnotation,
    folder_annotations,
    is_annotation,
    upload_annotations,
)
from core.datasets.importing.job_kind import IMPORT
from core.datasets.importing.queries import require_labels
from core.datasets.importing.truth import label_listed
from core.jobs.finish import finish_batch
from core.library.files.archive import ArchiveLimits
from core.library.files.folder import WalkTally
from core.library.files.store import PhotoStore
from core.predict.job_kind import LIST_STAGE
from core.predict.listing.photos import ListedPhoto, UploadedFile, list_folder, list_upload
from core.predict.listing.store import add_listed, end_listing, read_upload_files, require_photos
from core.predict.options import PredictOptions
from models import Job
from workers.engine import BatchRun, handles

#: Photos of a listing that are written in one transaction.
_LISTING_SLICE = 2048


@handles(LIST_STAGE)
def list_photos(run: BatchRun) -> None:
    """Write a row a photo and the batches that read them; the first ones start while listing goes on."""
    with run.db.read() as session:
        job = session.get_one(Job, run.claim.job_id)
        options = PredictOptions.from_json(job.options)
        files = read_upload_files(session, options.upload_id) if options.upload_id is not None else []
    tally, imports = WalkTally(), job.kind == IMPORT.name
    listed = _open_listing(run, options, files, tally)
    if imports:
        listed = _labelled(run, options, files, listed)
    # The first slice is small, so that workers have something to do at once.
    size = run.settings.batch_photos * run.settings.workers
    while photos := list(islice(listed, size)):
        run.check()
        with run.db.write() as session:
            add_listed(session, run.claim, photos, batch_photos=run.settings.batch_photos)
        size = _LISTING_SLICE
    with run.db.write() as session:
        _end(session, run, tally, imports=imports)


def _end(session: Session, run: BatchRun, tally: WalkTally, *, imports: bool) -> None:
    require_photos(session, run.claim)
    if imports:
        require_labels(session, run.claim)
    end_listing(session, run.claim, files_ignored=tally.other_files + tally.hidden)
    finish_batch(session, run.claim)


def _open_listing(
    run: BatchRun, options: PredictOptions, files: list[UploadedFile], tally: WalkTally
) -> Iterator[ListedPhoto]:
    """The listing from where an earlier attempt left off."""
    payload = LIST_STAGE.payload_of(run.claim)
    if options.folder is not None:
        after = bytes.fromhex(payload.after) if payload.after is not None else None
        # That the folder may be read was checked when the job was asked for.
        return list_folder(
            Path(options.folder),
            recursive=options.recursive,
            after=after,
            after_folder=payload.after_folder,
            tally=tally,
            check=run.check,
        )
    return list_upload(
        [file for file in files if not is_annotation(file.locator)],
        store=PhotoStore(run.settings.data / "photos"),
        limits=ArchiveLimits(max_member_bytes=run.settings.max_photo_bytes),
        skip=payload.listed,
        tally=tally,
        check=run.check,
    )


def _labelled(
    run: BatchRun, options: PredictOptions, files: list[UploadedFile], listed: Iterator[ListedPhoto]
) -> Iterator[ListedPhoto]:
    read: ReadAnnotation
    if options.folder is not None:
        root = Path(options.folder)
        read, root_name = folder_annotations(root), root.name
    else:
        read, root_name = upload_annotations(files, PhotoStore(run.settings.data / "photos")), ""
    return (label_listed(photo, read, root_name=root_name) for photo in listed)
