"""Read the photos and faces of an export, slice by slice."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core.boxes.face import FaceStatus, PhotoFace
from core.boxes.queries import read_faces_with_status
from core.datasets.splitting.groups import Shares, split_of
from core.exports.options import ExportedLabels, ExportOptions, Unlabelled
from core.exports.record import ExportedFace, ExportedPhoto
from core.labels.contested import read_contested
from core.library.pictures.anonymise import Anonymise, Cover, read_covers
from core.library.pictures.leaving import LeavingPictures
from core.library.queries import read_credits
from core.library.selection.queries import count_selected, read_slice
from models import (
    DatasetFace,
    DuplicateGroup,
    DuplicateMember,
    Face,
    Label,
    Photo,
    Report,
    ReportFormat,
    ReviewItem,
    Split,
)

#: Photos read at a time.
SLICE = 100


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """A photo of an export, or the reason why it is left out."""

    photo: Photo
    #: As it leaves; faces in pixels of the upright full-size photo.
    exported: ExportedPhoto
    covers: tuple[Cover, ...]
    #: Such as `licence`; empty if it leaves.
    left_out: str


@dataclass(frozen=True, kw_only=True)
class ChosenSlice:
    """Some photos of an export, by id."""

    photos: tuple[Chosen, ...]
    #: Pass it as `after` to read the next slice; None at the end.
    next_after: int | None


def read_exports(session: Session) -> dict[int, Report]:
    """The zips that lie on the disk, by the id of their job."""
    found = session.scalars(select(Report).where(Report.format == ReportFormat.EXPORT).order_by(Report.id))
    return {report.job_id: report for report in found}


def count_photos(session: Session, options: ExportOptions) -> int:
    """About how many photos the export looks at; exact for datasets and queues."""
    of_source = _photo_ids(options)
    if of_source is None:
        return count_selected(session, options.selection).photos
    return session.scalars(select(func.count()).select_from(of_source.distinct().subquery())).one()


def read_chosen(session: Session, options: ExportOptions, *, after: int) -> ChosenSlice:
    """The next photos after the photo id `after`; memory holds one slice."""
    of_source = _photo_ids(options)
    if of_source is None:
        found = read_slice(session, options.selection, after=after, candidates=SLICE)
        ids, next_after = [photo.photo_id for photo in found.photos], found.next_after
    else:
        query = of_source.where(Face.photo_id > after).distinct().order_by(Face.photo_id).limit(SLICE)
        ids = list(session.scalars(query))
        next_after = ids[-1] if len(ids) == SLICE else None
    return ChosenSlice(photos=_read_photos(session, options, ids), next_after=next_after)


def _photo_ids(options: ExportOptions) -> Select[int] | None:
    """Photo ids of a dataset or a queue, not distinct; None for a selection."""
    if options.dataset_id is not None:
        faces = select(Face.photo_id).join(DatasetFace, DatasetFace.face_id == Face.id)
        return faces.where(DatasetFace.dataset_id == options.dataset_id)
    if options.queue_id is not None:
        faces = select(Face.photo_id).join(ReviewItem, ReviewItem.face_id == Face.id)
        return faces.where(ReviewItem.queue_id == options.queue_id)
    return None


def _read_photos(session: Session, options: ExportOptions, ids: Sequence[int]) -> tuple[Chosen, ...]:
    photos = session.scalars(select(Photo).where(Photo.id.in_(ids)).order_by(Photo.id)).all()
    credits = read_credits(session, ids)
    covers = read_covers(session, ids, options.anonymise)
    splits: dict[int, Split]
    if options.dataset_id is None:
        faces, splits = _read_counting(session, options, ids), _drawn_splits(session, options, photos)
    else:
        faces, splits = _read_of_dataset(session, options.dataset_id, ids)
    chosen = []
    for photo in photos:
        exported = ExportedPhoto(
            photo_id=photo.id,
            sha256=photo.sha256,
            file_name=f"{photo.sha256}.{_ending(options, photo)}",
            width=photo.width,
            height=photo.height,
            split=splits.get(photo.id, Split.TRAIN).value,
            all_boxed=photo.boxed_at is not None,
            credit=credits.get(photo.id),
            faces=_with_labels(options, faces.get(photo.id, [])),
        )
        left_out = _left_out(options, photo, exported, faces.get(photo.id, []))
        chosen.append(
            Chosen(photo=photo, exported=exported, covers=tuple(covers.get(photo.id, ())), left_out=left_out)
        )
    return tuple(chosen)


def _drawn_splits(session: Session, options: ExportOptions, photos: Sequence[Photo]) -> dict[int, Split]:
    """The drawn split of each photo; those of one duplicate group share the key of its kept photo."""
    if not options.is_split:
        return {}
    kept = (
        select(DuplicateMember.photo_id, Photo.sha256)
        .join(DuplicateGroup, DuplicateGroup.id == DuplicateMember.group_id)
        .join(Photo, Photo.id == DuplicateGroup.kept_photo_id)
        .where(DuplicateMember.photo_id.in_([photo.id for photo in photos]))
    )
    keys = dict(session.execute(kept).all())
    shares = Shares(test=options.test_share, validation=options.validation_share)
    return {
        photo.id: split_of(f"{options.split_seed}:{keys.get(photo.id, photo.sha256)}", shares)
        for photo in photos
    }


def pictures_of(options: ExportOptions) -> LeavingPictures:
    """How the photos leave."""
    keep = options.metadata and options.anonymise is Anonymise.NONE and options.long_side is None
    return LeavingPictures(keep_metadata=keep, anonymise=options.anonymise)


def _ending(options: ExportOptions, photo: Photo) -> str:
    is_smaller = options.long_side is not None and max(photo.width, photo.height) > options.long_side
    return "jpg" if is_smaller else pictures_of(options).ending(photo.format)


def _read_counting(
    session: Session, options: ExportOptions, ids: Sequence[int]
) -> dict[int, list[ExportedFace]]:
    """The faces that count, with decided or final labels; a contested face has none."""
    with_status = read_faces_with_status(session, ids)
    contested = read_contested(session, [face.face_id for faces in with_status.values() for face, _ in faces])
    return {
        photo_id: [
            _exported(options, face, is_contested=face.face_id in contested)
            for face, status in faces
            if status is FaceStatus.COUNTS
        ]
        for photo_id, faces in with_status.items()
    }


def _exported(options: ExportOptions, face: PhotoFace, *, is_contested: bool) -> ExportedFace:
    label, confidence = None if is_contested else face.label, None
    decided = label is not None
    if label is None and not is_contested and options.labels is ExportedLabels.FINAL:
        is_label = face.predicted is not None and face.predicted is not Label.NOT_A_FACE
        label, confidence = (face.predicted, face.confidence) if is_label else (None, None)
    return ExportedFace(
        face_id=face.face_id,
        x1=face.x1,
        y1=face.y1,
        x2=face.x2,
        y2=face.y2,
        label=label,
        decided=decided,
        confidence=confidence,
        score=face.score,
    )


def _read_of_dataset(
    session: Session, dataset_id: int, ids: Sequence[int]
) -> tuple[dict[int, list[ExportedFace]], dict[int, Split]]:
    """The faces of a dataset by photo id, as they were frozen, and the split of each photo."""
    query = (
        select(Face, DatasetFace.label, DatasetFace.split)
        .join(DatasetFace, DatasetFace.face_id == Face.id)
        .where(DatasetFace.dataset_id == dataset_id, Face.photo_id.in_(ids))
        .order_by(Face.id)
    )
    faces: dict[int, list[ExportedFace]] = {}
    splits: dict[int, Split] = {}
    for face, label, split in session.execute(query):
        splits[face.photo_id] = split
        of_photo = faces.setdefault(face.photo_id, [])
        if label is Label.NOT_A_FACE:
            continue
        of_photo.append(
            ExportedFace(
                face_id=face.id,
                x1=face.x1,
                y1=face.y1,
                x2=face.x2,
                y2=face.y2,
                label=label,
                decided=True,
                confidence=None,
                score=face.score,
            )
        )
    return faces, splits


def _with_labels(options: ExportOptions, faces: list[ExportedFace]) -> tuple[ExportedFace, ...]:
    drop = options.unlabelled is Unlabelled.DROP
    return tuple(face for face in faces if face.label is not None or not drop)


def _left_out(
    options: ExportOptions, photo: Photo, exported: ExportedPhoto, faces: list[ExportedFace]
) -> str:
    if photo.erased_at is not None:
        return "photo_erased"
    if options.boxed_only and not exported.all_boxed:
        return "not_boxed"
    if not options.allows(exported.credit.licence if exported.credit else None):
        return "licence"
    if options.unlabelled is Unlabelled.LEAVE_OUT and any(face.label is None for face in faces):
        return "unlabelled_face"
    return ""


def scaled(photo: ExportedPhoto, long_side: int | None) -> ExportedPhoto:
    """The photo as it leaves where larger ones are made smaller; its faces follow."""
    if long_side is None or max(photo.width, photo.height) <= long_side:
        return photo
    factor = long_side / max(photo.width, photo.height)
    width, height = (max(1, round(side * factor)) for side in (photo.width, photo.height))
    across, down = width / photo.width, height / photo.height
    faces = tuple(
        replace(face, x1=face.x1 * across, y1=face.y1 * down, x2=face.x2 * across, y2=face.y2 * down)
        for face in photo.faces
    )
    return replace(photo, width=width, height=height, faces=faces)
