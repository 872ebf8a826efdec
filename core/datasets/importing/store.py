"""What a finished import batch leaves in the database, in the one transaction that also ends the batch."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from core.database import read_clock
from core.datasets.importing.drawn import save_drawn
from core.datasets.importing.matching import Said
from core.datasets.importing.reading import PhotoImported
from core.datasets.importing.truth import Truth
from core.datasets.store_marks import save_marks
from core.detection.face import Box
from core.errors import InputError
from core.jobs.batches import in_range
from core.jobs.claim import Claim
from core.jobs.lease import lock_held
from core.predict.queries import PhotoCounts
from core.predict.results import PhotoFailed, PhotoRead
from core.predict.store import save_counters, save_found, save_job_photos, save_photos
from models import Decision, Job, JobPhoto, Label

QUEUE = "import"


@dataclass(frozen=True, kw_only=True)
class _SaidOfFace:
    """A label of a face that has an id by now."""

    face_id: int
    said: Said


def read_truths(session: Session, claim: Claim) -> dict[int, Truth | None]:
    """What the set says of the batch's photos, by position."""
    rows = session.execute(select(JobPhoto.position, JobPhoto.truth).where(*in_range(claim)))
    return {position: Truth.from_json(truth) if truth else None for position, truth in rows}


def require_labels(session: Session, claim: Claim) -> None:
    """InputError no_labels where the set says something of not a single photo."""
    found, failed = session.execute(
        select(Job.photos_found, Job.photos_failed).where(Job.id == claim.job_id)
    ).one()
    labelled = select(JobPhoto.id).where(JobPhoto.job_id == claim.job_id, JobPhoto.truth.is_not(None))
    if found == failed and session.scalars(labelled.limit(1)).one_or_none() is None:
        raise InputError(
            "no_labels",
            "Nothing says what these photos show: no folder is named by a label, and no photo has a Pascal "
            "VOC file.",
        )


def save_import(
    session: Session,
    claim: Claim,
    results: Sequence[PhotoImported | PhotoFailed],
    *,
    detector_key: str,
) -> None:
    """Write photos, faces, decisions, marks, and the job's rows and counters.

    Call it before `finish_batch` in the same transaction.
    """
    lock_held(session, claim)
    read = sorted((r for r in results if isinstance(r, PhotoImported)), key=lambda r: r.sha256)
    ids = save_photos(session, claim, [_as_read(result) for result in read])
    found = save_found(session, {ids[r.sha256]: r.found for r in read}, detector_key)
    drawn = save_drawn(session, _drawn_boxes(read, ids))
    said: list[_SaidOfFace] = []
    for result in read:
        of_photo = _said_of_faces(result, ids[result.sha256], found, drawn)
        save_marks(session, ids[result.sha256], [each.face_id for each in of_photo], result.marks)
        said += of_photo
    _add_decisions(session, claim.job_id, said)
    counts = {ids[r.sha256]: _count(r.said) for r in read}
    save_job_photos(session, claim, results, ids, counts)
    of_read = [counts[ids[r.sha256]] for r in read]
    save_counters(session, claim, of_read, failed=len(results) - len(read), detector_key=detector_key)


def _as_read(result: PhotoImported) -> PhotoRead:
    return PhotoRead(
        position=result.position,
        sha256=result.sha256,
        bytes=result.bytes,
        width=result.width,
        height=result.height,
        format=result.format,
        frames=result.frames,
        faces=(),
    )


def _drawn_boxes(read: Sequence[PhotoImported], ids: Mapping[str, int]) -> dict[int, list[Box]]:
    boxes: dict[int, list[Box]] = defaultdict(list)
    for result in read:
        boxes[ids[result.sha256]] += [each.drawn for each in result.said if each.drawn is not None]
    return boxes


def _said_of_faces(
    result: PhotoImported,
    photo_id: int,
    found: Mapping[tuple[int, int], int],
    drawn: Mapping[int, list[int]],
) -> list[_SaidOfFace]:
    """Consumes the photo's drawn ids in order: two files of the same bytes share one list."""
    return [
        _SaidOfFace(
            face_id=drawn[photo_id].pop(0) if each.found is None else found[photo_id, each.found], said=each
        )
        for each in result.said
    ]


def _add_decisions(session: Session, job_id: int, said: Sequence[_SaidOfFace]) -> None:
    """Add what no import has said of a face last: a set that comes again overrules nobody."""
    before = _last_imported(session, [each.face_id for each in said])
    rows, now = [], read_clock(session)
    for each in said:
        if before.get(each.face_id) is not each.said.label:
            before[each.face_id] = each.said.label
            rows.append(
                {
                    "face_id": each.face_id,
                    "label": each.said.label,
                    "queue": QUEUE,
                    "job_id": job_id,
                    "mask_kind": each.said.mask_kind,
                    "created_at": now,
                }
            )
    if rows:
        session.execute(insert(Decision), rows)


def _last_imported(session: Session, face_ids: Sequence[int]) -> dict[int, Label | None]:
    last = (
        select(func.max(Decision.id))
        .where(Decision.face_id.in_(face_ids), Decision.queue == QUEUE)
        .group_by(Decision.face_id)
    )
    query = select(Decision.face_id, Decision.label).where(Decision.id.in_(last))
    return dict(session.execute(query).all())


def _count(said: Sequence[Said]) -> PhotoCounts:
    labels = [each.label for each in said if each.label is not Label.NOT_A_FACE]
    return PhotoCounts(
        faces=len(labels),
        with_mask=labels.count(Label.WITH_MASK),
        without_mask=labels.count(Label.WITHOUT_MASK),
        incorrect=labels.count(Label.INCORRECT),
    )
