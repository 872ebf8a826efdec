"""Measure a trained detector beside the detector in use, on the boxed photos that are held back."""

from collections.abc import Iterator
from functools import partial

from sqlalchemy import update

from core.database import read_clock
from core.detection.decode import decode_photo
from core.detection.detector_card import DetectorCard
from core.detection.face_detector import FaceDetector, open_detector
from core.detectors.job_kind import EVALUATE_DETECTOR, EVALUATE_DETECTOR_STAGE
from core.detectors.measure import MEASURED, Truth, look, metrics_of
from core.detectors.queries import BoxedPhoto, content_sha256, read_boxed
from core.errors import InputError
from core.item_errors import ItemErrors
from core.jobs.finish import finish_batch
from core.jobs.lease import lock_held
from core.jobs.store import add_event
from core.library.queries import read_photo_bytes
from core.number_text import metric, plural
from core.training.store import write_steps
from core.versions.detectors.gate import DetectorEvaluation
from core.versions.detectors.queries import (
    INSTALLED,
    champion_sha256,
    find_detector_champion,
    get_detector,
    read_champion_detector,
    version_detector,
)
from core.versions.detectors.store import write_evaluation
from core.versions.files import version_files
from models import EventLevel, Job, Split
from workers.engine import BatchRun, handles
from workers.freeze import group_photos


@handles(EVALUATE_DETECTOR_STAGE)
def evaluate_detector(run: BatchRun) -> None:
    """Measure, and write the evaluation in the transaction that ends the job."""
    with run.db.read() as session:
        options = EVALUATE_DETECTOR.options_of(session.get_one(Job, run.claim.job_id))
    group_photos(run)
    evaluation = measure_beside_champion(run, options.version_id)
    with run.db.write() as session:
        lock_held(session, run.claim)
        write_evaluation(session, options.version_id, evaluation)
        session.execute(update(Job).where(Job.id == run.claim.job_id).values(steps_done=Job.steps_found))
        finish_batch(session, run.claim)


def measure_beside_champion(run: BatchRun, version_id: int) -> DetectorEvaluation:
    """Both detectors on the same photos, one after the other on each.

    Raises InputError no_boxed_tests where no held-back photo is boxed or can be read.
    """
    with run.db.read() as session:
        photos = read_boxed(session, (Split.TEST,))
        champion = find_detector_champion(session)
        name, sha256 = champion.name if champion else INSTALLED, champion_sha256(session, run.settings)
        card = read_champion_detector(session, run.settings)
        candidate_card = version_detector(get_detector(session, version_id), version_files(run.settings))
    before, after = _open(run, card), _open(run, candidate_card)
    measured = run.compute(
        lambda: [(photo, look(before, truth), look(after, truth)) for photo, truth in _truths(run, photos)]
    )
    if not measured:
        raise InputError(
            "no_boxed_tests",
            "No boxed photo that can be read is held back for testing, so detectors cannot be compared. Box "
            "more photos.",
        )
    with run.db.write() as session:
        evaluation = DetectorEvaluation(
            photos=len(measured),
            faces=sum(len(photo.boxes) for photo, _, _ in measured),
            content_sha256=content_sha256([photo for photo, _, _ in measured]),
            champion_sha256=sha256,
            champion_name=name,
            champion=metrics_of([one for _, one, _ in measured]),
            candidate=metrics_of([other for _, _, other in measured]),
            measured_at=read_clock(session).isoformat(),
        )
        add_event(session, run.claim.job_id, EventLevel.INFO, "detector_measured", _line(evaluation))
    return evaluation


def _open(run: BatchRun, card: DetectorCard | None) -> FaceDetector:
    settings = run.settings
    chosen = settings.detector_folder if card is None else card
    return open_detector(chosen, settings.weights, MEASURED, gpu=settings.gpu)


def _truths(run: BatchRun, photos: list[BoxedPhoto]) -> Iterator[tuple[BoxedPhoto, Truth]]:
    """The photos that can be read, with their boxes; the log says how many cannot."""
    errors, unreadable = ItemErrors(), 0
    for done, each in enumerate(photos):
        run.check()
        run.write(partial(write_steps, claim=run.claim, done=done, found=len(photos) + 1))
        try:
            with run.db.read() as session:
                decoded = decode_photo(read_photo_bytes(session, run.settings, each.photo))
        except Exception as error:
            errors.input_error(error, photo=each.photo.id)
            unreadable += 1
            continue
        yield each, Truth(decoded=decoded, boxes=each.boxes, ignored=each.ignored)
    errors.check(len(photos))
    if unreadable:
        line = f"{plural(unreadable, 'photo')} could not be read: the detectors are not measured on them."
        run.write(
            lambda session: add_event(
                session, run.claim.job_id, EventLevel.WARNING, "photos_unreadable", line
            )
        )


def _line(found: DetectorEvaluation) -> str:
    before, after = found.champion, found.candidate
    return (
        f"On {plural(found.photos, 'held-back photo')} with {plural(found.faces, 'face')}: AP at IoU 0.5 "
        f"{metric(after.ap_05)}, {found.champion_name} {metric(before.ap_05)}; false faces a photo "
        f"{after.false_faces:.2f}, {before.false_faces:.2f}."
    )
