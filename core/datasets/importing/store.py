"""Write the photos, faces and decisions of an import batch."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from core.database import insert_new, read_clock
from core.datasets.importing.assumed import QUEUE, last_imported
from core.datasets.importing.formats.recognise import Recognition
from core.datasets.importing.formats.record import Problems
from core.datasets.importing.matching import MatchedLabel
from core.datasets.importing.photos import PhotoImported, PhotoNotUsable
from core.datasets.importing.summary import Counted
from core.datasets.importing.truth import read_left_out, with_left_out
from core.datasets.importing.words import WordCount
from core.datasets.splitting.store import save_statistics
from core.detection.face import Box
from core.jobs.claim import Claim
from core.jobs.lease import lock_held
from core.jobs.store import add_event, in_range
from core.library.files.names import display_name
from core.number_text import plural
from core.predict.final_counts import refresh_photos
from core.predict.queries import PhotoCounts
from core.predict.results import PhotoFailed, PhotoRead
from core.predict.store import save_counters, save_found, save_job_photos, save_photos
from models import DRAWN, Decision, EventLevel, Face, ImportCount, JobPhoto, Label, Photo, Source, Split

#: Boxes whose corners differ by less than this, in pixels, are the same.
_SAME_CORNER = 0.5
_LONGEST_LICENCE = 120


@dataclass(frozen=True, kw_only=True)
class _FaceLabel:
    """A label of a face that has an id."""

    face_id: int
    matched: MatchedLabel


def save_import(
    session: Session,
    claim: Claim,
    results: Sequence[PhotoImported | PhotoFailed],
    *,
    detector_key: str,
) -> None:
    """Write photos, faces, decisions, statistics, and the job's rows and counters.

    Call it before `finish_batch` in the same transaction.
    """
    lock_held(session, claim)
    read = sorted((r for r in results if isinstance(r, PhotoImported)), key=lambda r: r.sha256)
    ids = save_photos(session, claim, [_as_read(result) for result in read])
    found = save_found(session, {ids[r.sha256]: r.found for r in read}, detector_key)
    drawn = _save_drawn(session, _drawn_boxes(read, ids))
    labels: list[_FaceLabel] = []
    for result in read:
        of_photo = _face_labels(result, ids[result.sha256], found, drawn)
        save_statistics(session, ids[result.sha256], [each.face_id for each in of_photo], result.statistics)
        labels += of_photo + _silent(result, ids[result.sha256], found)
    decided = _add_decisions(session, claim.job_id, labels)
    counts = {ids[r.sha256]: _count(r.labels) for r in read}
    save_job_photos(session, claim, results, ids, counts)
    of_read = [counts[ids[r.sha256]] for r in read]
    save_counters(session, claim, of_read, failed=len(results) - len(read), detector_key=detector_key)
    _add_counts(session, claim.job_id, _sum_up(read) + decided + _save_left_out(session, claim, results))
    _save_splits(session, {ids[r.sha256]: r.split for r in read if r.split is not None})
    _save_licences(session, claim.job_id, {ids[r.sha256]: r.licence for r in read if r.licence})
    refresh_photos(session, ids.values())


def _save_splits(session: Session, splits: Mapping[int, Split]) -> None:
    """Write the splits that the set gives its photos; the one that an earlier set gave stays."""
    for photo_id, split in sorted(splits.items()):
        session.execute(
            update(Photo)
            .where(Photo.id == photo_id, Photo.brought_split.is_(None))
            .values(brought_split=split)
        )


def _save_licences(session: Session, job_id: int, licences: Mapping[int, str]) -> None:
    """Write the licences that the set names to the sources that this job found."""
    for photo_id, licence in sorted(licences.items()):
        mine = (Source.photo_id == photo_id, Source.job_id == job_id, Source.licence.is_(None))
        session.execute(update(Source).where(*mine).values(licence=licence[:_LONGEST_LICENCE]))


def _sum_up(read: Sequence[PhotoImported]) -> Counter[tuple[str, str]]:
    """Sums of a batch by what is counted, with an empty word."""
    sums: Counter[tuple[str, str]] = Counter()
    for result in read:
        sums[Counted.LIKELY_FACES.value, ""] += result.counts.likely_faces
        sums[Counted.MET.value, ""] += result.counts.met
        sums[Counted.POSSIBLE.value, ""] += result.counts.possible
        sums[Counted.PHOTOS_SCALED.value, ""] += result.frame.is_scaled
        sums[Counted.PHOTOS_TURNED.value, ""] += result.frame.is_turned
    return sums


def _save_left_out(
    session: Session, claim: Claim, results: Sequence[PhotoImported | PhotoFailed]
) -> Counter[tuple[str, str]]:
    """Write what was left out to the rows; returns the objects by problem and word.

    A photo that is read again after a failure is not counted again.
    """
    sums: Counter[tuple[str, str]] = Counter()
    dropped = {
        each.position: each.dropped
        for each in results
        if isinstance(each, PhotoImported | PhotoNotUsable) and each.dropped
    }
    query = select(JobPhoto.id, JobPhoto.position, JobPhoto.truth).where(
        *in_range(claim), JobPhoto.position.in_(dropped)
    )
    rows = []
    for row_id, position, truth in session.execute(query):
        objects = dropped[position]
        if read_left_out(truth) is None:
            sums.update((each.problem.value, each.word) for each in objects)
        changed = with_left_out(truth or {}, objects)
        rows.append({"id": row_id, "objects_left_out": len(objects), "truth": changed})
    if rows:
        session.execute(update(JobPhoto), rows)
    return sums


def _add_counts(session: Session, job_id: int, sums: Counter[tuple[str, str]]) -> None:
    """Add to the sums of the job, in one order, so that two batches never wait for each other."""
    added = sorted((what, word, amount) for (what, word), amount in sums.items() if amount)
    new = [{"job_id": job_id, "what": what, "word": word, "amount": 0} for what, word, _ in added]
    insert_new(session, ImportCount, new, ["job_id", "what", "word"])
    for what, word, amount in added:
        session.execute(
            update(ImportCount)
            .where(ImportCount.job_id == job_id, ImportCount.what == what, ImportCount.word == word)
            .values(amount=ImportCount.amount + amount)
        )


def add_word_counts(session: Session, claim: Claim, counts: Sequence[WordCount]) -> None:
    """Add the words of listed photos, in the transaction that writes them."""
    _add_counts(session, claim.job_id, Counter({(each.what, each.word): each.count for each in counts}))


def add_unused_annotations(session: Session, claim: Claim, paths: Collection[bytes]) -> None:
    """Count the annotation files that fit no photo, and name some in the log."""
    if not paths:
        return
    _add_counts(session, claim.job_id, Counter({(Counted.UNUSED_ANNOTATIONS.value, ""): len(paths)}))
    names = ", ".join(display_name(path) for path in sorted(paths)[:3])
    have = plural(len(paths), "annotation file has", "annotation files have")
    message = f"{have} no photo: {names}{' ...' if len(paths) > 3 else ''}."
    add_event(session, claim.job_id, EventLevel.WARNING, "annotations_unused", message)


def add_format(session: Session, claim: Claim, recognition: Recognition, problems: Problems) -> None:
    """Log in which format the set was read, and what of its files could not be read."""
    for sentence in recognition.sentences:
        add_event(session, claim.job_id, EventLevel.INFO, "set_recognised", sentence)
    for sentence in problems.sentences():
        add_event(session, claim.job_id, EventLevel.WARNING, "set_problems", f"{sentence}.")


def _as_read(result: PhotoImported) -> PhotoRead:
    return PhotoRead(
        position=result.position,
        sha256=result.sha256,
        bytes=result.bytes,
        width=result.width,
        height=result.height,
        format=result.format,
        frames=result.frames,
        notes=result.notes,
        faces=(),
    )


def _drawn_boxes(read: Sequence[PhotoImported], ids: Mapping[str, int]) -> dict[int, list[Box]]:
    boxes: dict[int, list[Box]] = defaultdict(list)
    for result in read:
        boxes[ids[result.sha256]] += [each.drawn for each in result.labels if each.drawn is not None]
    return boxes


def _face_labels(
    result: PhotoImported,
    photo_id: int,
    found: Mapping[tuple[int, int], int],
    drawn: Mapping[int, list[int]],
) -> list[_FaceLabel]:
    """Removes the ids of drawn faces from `drawn`, in order: two files with the same bytes share a list."""
    return [
        _FaceLabel(
            face_id=drawn[photo_id].pop(0) if each.found is None else found[photo_id, each.found],
            matched=each,
        )
        for each in result.labels
    ]


def _save_drawn(session: Session, drawn: Mapping[int, Sequence[Box]]) -> dict[int, list[int]]:
    """Face ids of annotated boxes, by photo id; a box that is stored already keeps its face."""
    known: dict[int, list[Face]] = defaultdict(list)
    query = select(Face).where(Face.photo_id.in_(drawn), Face.detector_key == DRAWN).order_by(Face.ordinal)
    for face in session.scalars(query):
        known[face.photo_id].append(face)
    return {
        photo_id: [_find_or_add(session, photo_id, box, known[photo_id]).id for box in boxes]
        for photo_id, boxes in drawn.items()
    }


def _find_or_add(session: Session, photo_id: int, box: Box, known: list[Face]) -> Face:
    for face in known:
        if all(abs(getattr(face, corner) - value) < _SAME_CORNER for corner, value in vars(box).items()):
            return face
    face = Face(
        photo_id=photo_id,
        detector_key=DRAWN,
        ordinal=known[-1].ordinal + 1 if known else 0,
        **vars(box),
        score=1.0,
        landmarks=[],
        created_at=read_clock(session),
    )
    session.add(face)
    session.flush()
    known.append(face)
    return face


def _silent(result: PhotoImported, photo_id: int, found: Mapping[tuple[int, int], int]) -> list[_FaceLabel]:
    """The detected faces about which the set says nothing."""
    labelled = {each.found for each in result.labels}
    return [
        _FaceLabel(face_id=found[photo_id, index], matched=MatchedLabel(label=None, found=index))
        for index in range(len(result.found))
        if index not in labelled
    ]


def _add_decisions(session: Session, job_id: int, labels: Sequence[_FaceLabel]) -> Counter[tuple[str, str]]:
    """Add labels that differ from the last imported ones, so that a second import keeps later corrections.

    What an earlier import assumed, and this one does not, is taken back. Returns the sums of assumed labels,
    of those taken back, and of labels that were known.
    """
    before = last_imported(session, [each.face_id for each in labels])
    rows, known, now = [], 0, read_clock(session)
    for each in labels:
        matched = each.matched
        label, was_assumed = before.get(each.face_id, (None, False))
        # What was assumed and is now said by the set itself is written again, so that it is never taken back.
        is_known = label is matched.label and (matched.assumed or not was_assumed)
        if is_known or (matched.label is None and not was_assumed):
            known += matched.label is not None
            continue
        before[each.face_id] = matched.label, matched.assumed
        rows.append(
            {
                "face_id": each.face_id,
                "label": matched.label,
                "queue": QUEUE,
                "job_id": job_id,
                "mask_kind": matched.mask_kind,
                "assumed": matched.assumed,
                "created_at": now,
            }
        )
    if rows:
        session.execute(insert(Decision), rows)
    return Counter(
        {
            (Counted.KNOWN.value, ""): known,
            (Counted.ASSUMED.value, ""): sum(bool(row["assumed"]) for row in rows),
            (Counted.TAKEN_BACK.value, ""): sum(row["label"] is None for row in rows),
        }
    )


def _count(matched: Sequence[MatchedLabel]) -> PhotoCounts:
    labels = [each.label for each in matched if each.label is not Label.NOT_A_FACE]
    return PhotoCounts(
        faces=len(labels),
        with_mask=labels.count(Label.WITH_MASK),
        without_mask=labels.count(Label.WITHOUT_MASK),
        incorrect=labels.count(Label.INCORRECT),
    )
