"""Handlers of predict and extract jobs: list the photos, read them, find their faces."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

from sqlalchemy.orm import Session

from core.datasets.importing.formats.set_files import is_set_file
from core.datasets.importing.job_kind import IMPORT, ImportOptions
from core.datasets.importing.labelling import SetLabels, open_labels
from core.datasets.importing.queries import require_labels
from core.datasets.importing.store import add_format, add_unused_annotations, add_word_counts
from core.detection.detector import FaceMaskDetector
from core.jobs.finish import finish_batch
from core.jobs.job_photos import WaitingPhoto, read_waiting_photos, save_outcome
from core.jobs.lease import lock_held
from core.library.files.archive import ArchiveLimits
from core.library.files.folder import WalkTally
from core.library.files.names import is_archive_name
from core.library.files.store import photo_store
from core.library.selection.model import LibrarySelection
from core.library.selection.queries import Slice, read_slice
from core.predict.extract.job_kind import EXTRACT_STAGE, ExtractOptions
from core.predict.extract.search import SearchedPhoto, search_photo
from core.predict.extract.store import not_searched, save_searched
from core.predict.job_kind import LIST_STAGE, PREDICT_STAGE
from core.predict.listing.photos import (
    ListedPhoto,
    UploadedFile,
    list_bucket,
    list_folder,
    list_selected,
    list_upload,
)
from core.predict.listing.store import (
    add_listed,
    end_listing,
    read_given,
    read_skipped_by_browser,
    read_upload_files,
    require_photos,
)
from core.predict.options import PredictOptions
from core.predict.queries import is_known, read_version, read_waiting
from core.predict.read_photos import fetched_ahead, read_file, read_photos
from core.predict.results import PhotoResult, PhotoToRead
from core.predict.store import save_results
from core.storage.address import is_address
from core.storage.inputs import input_buckets
from core.storage.named_files import transfer_seconds
from core.versions.detectors.queries import read_job_detector
from models import Job, Photo
from workers.detector import load_detector, load_finder
from workers.engine import BatchRun, handles
from workers.library import list_library, read_bytes, read_each

#: Photos written in one transaction of a listing.
_LISTING_SLICE = 2048


@handles(LIST_STAGE)
def list_photos(run: BatchRun) -> None:
    """Write a row per photo and the batches that read them; reading starts while listing continues."""
    with run.db.read() as session:
        job = session.get_one(Job, run.claim.job_id)
        options = PredictOptions.from_json(job.options)
        files = read_upload_files(session, options.upload_id) if options.upload_id is not None else []
        tally = _start_tally(session, options.upload_id)
    _bring_archives(run, files)
    labels = run.compute(lambda: _set_labels(run, job, files)) if job.kind == IMPORT.name else None
    listed = _open_listing(run, options, files, tally)
    if labels is not None:
        tally.also_read = is_set_file
    # The first slice is small, so that workers can start at once.
    size = run.settings.batch_photos * run.settings.workers
    following = run.compute(lambda: next(listed, None))
    while following is not None:
        # A short listing is written and ended in one transaction: others wait for each.
        photos, following = run.compute(partial(_next_slice, run, following, listed, size, labels))
        with run.db.write() as session:
            add_listed(session, run.claim, photos, batch_photos=run.settings.batch_photos)
            if labels is not None:
                add_word_counts(session, run.claim, labels.tally.take())
            if following is None:
                _end(session, run, tally, labels)
                return
        size = _LISTING_SLICE
    with run.db.write() as session:
        _end(session, run, tally, labels)


def _bring_archives(run: BatchRun, files: Sequence[UploadedFile]) -> None:
    """Fetch archives from an object store, which may take longer than a worker may go without a sign of life.

    Whoever reads them finds the copies.
    """
    store = photo_store(run.settings)
    for file in files if store.is_elsewhere else ():
        if file.sha256 is not None and is_archive_name(file.locator):
            with run.transfer(transfer_seconds(file.bytes)):
                store.local(file.sha256)


def _next_slice(
    run: BatchRun,
    first: ListedPhoto,
    others: Iterator[ListedPhoto],
    size: int,
    labels: SetLabels | None,
) -> tuple[list[ListedPhoto], ListedPhoto | None]:
    """Up to `size` photos with their labels, and the one after them."""
    photos = [first, *islice(others, size - 1)]
    run.check()
    following = next(others, None)
    # Not of the one ahead: words that are counted are written with their photos.
    return photos if labels is None else [labels.label(photo) for photo in photos], following


def _start_tally(session: Session, upload_id: int | None) -> WalkTally:
    """An empty tally, but for what the browser did not send."""
    return (
        WalkTally() if upload_id is None else WalkTally(skipped=read_skipped_by_browser(session, upload_id))
    )


def _end(session: Session, run: BatchRun, tally: WalkTally, labels: SetLabels | None) -> None:
    describing = labels.labelled.files.openers if labels is not None else ()
    require_photos(session, run.claim, tally.skipped, describing)
    if labels is not None:
        require_labels(session, run.claim)
        # An attempt that continued the listing does not know which annotations the earlier one used.
        if not LIST_STAGE.payload_of(run.claim).listed:
            add_unused_annotations(session, run.claim, labels.labelled.index.unused)
        add_format(session, run.claim, labels.labelled.recognition, labels.labelled.problems)
    end_listing(session, run.claim, tally.skipped)
    finish_batch(session, run.claim)


def _open_listing(
    run: BatchRun, options: PredictOptions, files: list[UploadedFile], tally: WalkTally
) -> Iterator[ListedPhoto]:
    """Continue the listing where an earlier attempt stopped."""
    payload = LIST_STAGE.payload_of(run.claim)
    if options.selection is not None:
        return _open_selection(run, options.selection, after=payload.after_photo)
    if options.files_of_job is not None:
        return _open_given(run, options.files_of_job, first=payload.listed)
    if options.folder is not None:
        after = bytes.fromhex(payload.after) if payload.after is not None else None
        if is_address(options.folder):
            return list_bucket(
                input_buckets(run.settings).open(options.folder),
                recursive=options.recursive,
                after=after,
                tally=tally,
                check=run.check,
            )
        # The request checked that the folder may be read.
        return list_folder(
            Path(options.folder),
            allowed_roots=run.settings.roots,
            recursive=options.recursive,
            after=after,
            after_folder=payload.after_folder,
            tally=tally,
            check=run.check,
        )
    return list_upload(
        [file for file in files if not is_set_file(file.locator)],
        store=photo_store(run.settings),
        limits=ArchiveLimits(max_member_bytes=run.settings.max_photo_bytes),
        skip=payload.listed,
        tally=tally,
        check=run.check,
    )


def _open_given(run: BatchRun, job_id: int, *, first: int) -> Iterator[ListedPhoto]:
    """The files of another job, slice by slice."""
    while True:
        run.check()
        with run.db.read() as session:
            files = read_given(session, job_id, first=first, limit=_LISTING_SLICE)
        if not files:
            return
        yield from files
        first += len(files)


def _open_selection(run: BatchRun, selection: LibrarySelection, *, after: int) -> Iterator[ListedPhoto]:
    def read(start: int) -> Slice:
        with run.db.read() as session:
            return read_slice(session, selection, after=start)

    return list_selected(read, after=after, check=run.check)


def _set_labels(run: BatchRun, job: Job, files: list[UploadedFile]) -> SetLabels:
    return open_labels(
        ImportOptions.from_json(job.options),
        files,
        store=photo_store(run.settings),
        roots=run.settings.roots,
        buckets=input_buckets(run.settings),
        check=run.check,
    )


@handles(PREDICT_STAGE)
def predict_photos(run: BatchRun) -> None:
    """Read the batch's photos and write the results in one transaction."""
    store = photo_store(run.settings)
    with run.db.read() as session:
        options = _options(session, run)
        version = read_version(session, run.claim.job_id)
        card = read_job_detector(session, run.settings, run.claim.job_id)
        photos: Sequence[PhotoToRead | WaitingPhoto] = (
            read_waiting(session, run.claim, options, store, run.settings.roots, input_buckets(run.settings))
            if options.selection is None
            else read_waiting_photos(session, run.claim)
        )
    detector = run.compute(lambda: load_detector(run.settings, options.detection, version, card))

    def known(sha256: str) -> bool:
        with run.db.read() as session:
            return is_known(session, sha256, detector.detector_key, version.id)

    def read() -> list[PhotoResult]:
        found = read_photos(
            photos,
            detector,
            read=partial(_read_bytes, run),
            min_scale=options.detection.min_decode_scale,
            is_known=known,
            before_each=run.check,
        )
        return list(found)

    with fetched_ahead(photos):
        results = run.compute(read)
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


def _read_bytes(run: BatchRun, photo: PhotoToRead | WaitingPhoto) -> bytes:
    """From the job's own folder or upload, or from wherever the library has the photo."""
    if isinstance(photo, WaitingPhoto):
        return read_bytes(run, photo.photo)
    return read_file(photo, max_bytes=run.settings.max_photo_bytes)


def _options(session: Session, run: BatchRun) -> PredictOptions:
    return PredictOptions.from_json(session.get_one(Job, run.claim.job_id).options)


@handles(EXTRACT_STAGE)
def extract_faces(run: BatchRun) -> None:
    """The first batch lists the photos; the others find their faces."""
    with run.db.read() as session:
        options = ExtractOptions.from_json(session.get_one(Job, run.claim.job_id).options)
        card = read_job_detector(session, run.settings, run.claim.job_id)
    finder = run.compute(lambda: load_finder(run.settings, options.detection, card))
    if run.claim.first_position is None:
        list_library(run, not_searched(finder.detector_key, options))
    else:
        _search(run, options, finder)


def _search(run: BatchRun, options: ExtractOptions, finder: FaceMaskDetector) -> None:
    def search(data: bytes, photo: Photo) -> SearchedPhoto:
        scale = options.detection.min_decode_scale
        return search_photo(data, finder, min_scale=scale, is_hashed=photo.phash is not None)

    done, failed = read_each(run, search)
    with run.db.write() as session:
        lock_held(session, run.claim)
        save_searched(
            session,
            run.claim,
            {photo.id: found for photo, found in done.values()},
            detector_key=finder.detector_key,
        )
        counts = {position: len(found.faces) for position, (_, found) in done.items()}
        save_outcome(session, run.claim, faces=counts, failed=failed)
        finish_batch(session, run.claim)
