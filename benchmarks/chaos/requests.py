"""A job of every kind: what must be there before it, its request, and when it is requested."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from benchmarks.chaos.inputs import Site
from benchmarks.chaos.size import Size
from benchmarks.training_faces import add_dataset, add_faces
from core.audit.job_kind import AUDIT, request_audit
from core.audit.options import AuditRequest
from core.boxes.job_kind import CLASSIFY, request_classify
from core.crawl.job_kind import CRAWL, request_crawl
from core.crawl.options import CrawlOptions
from core.database import Database, read_clock
from core.datasets.importing.job_kind import IMPORT, ImportOptions, request_import
from core.datasets.job_kind import FREEZE, FreezeJobOptions, request_freeze
from core.datasets.options import FreezeOptions
from core.dedup.job_kind import DEDUP, DedupOptions, request_dedup
from core.detection.detector_card import DetectorLayout
from core.detection.weights import YUNET
from core.detectors.job_kind import (
    EVALUATE_DETECTOR,
    TRAIN_DETECTOR,
    TrainDetectorOptions,
    request_detector_evaluation,
    request_detector_training,
)
from core.errors import InputError
from core.evaluation.job_kind import EVALUATE, request_evaluation
from core.exports.job_kind import EXPORT, request_export
from core.exports.options import ExportFormat, ExportOptions
from core.jobs.deletion import delete_job
from core.jobs.stages import UNFINISHED
from core.library.files.store import photo_store
from core.library.resumable.store import begin_file
from core.library.uploads import open_upload, store_file
from core.predict.extract.job_kind import EXTRACT, ExtractOptions, request_extract
from core.predict.job_kind import PREDICT, request_predict
from core.predict.options import PredictOptions
from core.removal.job_kind import REMOVE, request_removal
from core.removal.target import Target
from core.results.reports.request import request_report
from core.retention.job_kind import RETENTION, KeptBy, RetentionOptions, request_retention
from core.review.job_kind import AGREEMENT, REVIEW, request_agreement, request_queue
from core.review.options import PRESETS, Preset, QueueOptions
from core.settings import Settings
from core.storage.inputs import input_buckets
from core.training.formats_job import VERSION_FORMATS, request_formats
from core.training.importing.job_kind import IMPORT_VERSION, request_version_import
from core.training.importing.options import ImportVersionOptions, Scaling
from core.training.job_kind import TRAIN, request_training
from core.training.options import TrainOptions
from core.versions.detectors.store import register_detector
from core.versions.files import version_files
from models import (
    Account,
    ClassifierVersion,
    Face,
    Job,
    JobState,
    Label,
    Photo,
    ReportFormat,
    Split,
    TakedownBy,
)

_LABELS = (Label.WITH_MASK, Label.WITHOUT_MASK, Label.INCORRECT)
#: Splits of the labelled faces, in turns.
_SPLITS = (Split.TRAIN, Split.TRAIN, Split.TRAIN, Split.VALIDATION, Split.TEST)
#: The second jobs need the photos of these.
_BRING_PHOTOS = frozenset({PREDICT.name, IMPORT.name, CRAWL.name})
#: The job of this kind is deleted after it has ended.
DELETED = CLASSIFY.name


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where jobs find the photos: folders, or prefixes of a bucket."""

    predicted: str
    imported: str


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What the requests of a run are made from."""

    settings: Settings
    places: Places
    site: Site
    #: Of the labelled faces.
    dataset_id: int
    account_id: int
    champion_id: int

    @property
    def allowed(self) -> dict[str, Any]:
        """Where jobs may read."""
        return {"roots": self.settings.roots, "buckets": input_buckets(self.settings)}


def set_scene(db: Database, settings: Settings, places: Places, site: Site, size: Size) -> Scene:
    """Add labelled faces and a dataset of them to a database that is set up."""
    labels = [_LABELS[number % len(_LABELS)] for number in range(size.labelled)]
    faces = [
        (face_id, label, _SPLITS[number // len(_LABELS) % len(_SPLITS)])
        for number, (face_id, label) in enumerate(zip(add_faces(db, settings, labels), labels, strict=True))
    ]
    dataset_id = add_dataset(db, faces)
    with db.write() as session:
        _box_photos(session, faces)
    with db.read() as session:
        account_id = session.scalars(select(func.min(Account.id))).one()
        champion_id = session.scalars(select(ClassifierVersion.id).where(ClassifierVersion.champion)).one()
    return Scene(
        settings=settings,
        places=places,
        site=site,
        dataset_id=dataset_id,
        account_id=account_id,
        champion_id=champion_id,
    )


def _box_photos(session: Session, faces: Sequence[tuple[int, Label, Split]]) -> None:
    """Mark the photos of labelled faces as boxed, in the splits of the dataset, to train a detector."""
    for face_id, _, split in faces:
        photo = session.get_one(Photo, session.get_one(Face, face_id).photo_id)
        photo.boxed_at, photo.brought_split = read_clock(session), split


def _predict(session: Session, scene: Scene) -> Job:
    options = PredictOptions(folder=scene.places.predicted)
    return request_predict(session, options, account_id=scene.account_id, **scene.allowed)


def _import(session: Session, scene: Scene) -> Job:
    options = ImportOptions(folder=scene.places.imported)
    return request_import(session, options, account_id=scene.account_id, **scene.allowed)


def _crawl(session: Session, scene: Scene) -> Job:
    options = CrawlOptions(pages=(scene.site.page,), limit=1000, follow_up=(DEDUP.name,))
    return request_crawl(session, options, scene.settings, account_id=scene.account_id)


def _classify(session: Session, scene: Scene) -> Job:
    return request_classify(session, account_id=scene.account_id)


def _evaluate(session: Session, scene: Scene) -> Job:
    return request_evaluation(session, scene.dataset_id, [scene.champion_id], account_id=scene.account_id)


def _freeze(session: Session, scene: Scene) -> Job:
    options = FreezeJobOptions(freeze=FreezeOptions())
    return request_freeze(session, options, title="Freeze", account_id=scene.account_id)


def _agreement(session: Session, scene: Scene) -> Job:
    return request_agreement(session, account_id=scene.account_id)


def _train(session: Session, scene: Scene) -> Job:
    options = TrainOptions(dataset_id=scene.dataset_id, head_epochs=3, fine_tune_epochs=0)
    return request_training(session, options, account_id=scene.account_id)


def _dedup(session: Session, scene: Scene) -> Job:
    return request_dedup(session, DedupOptions(similar_above=0.9), account_id=scene.account_id)


def _extract(session: Session, scene: Scene) -> Job:
    # A size of its own, so that no photo has been searched so.
    options = ExtractOptions(smallest_face=24, leave_out_hidden=False)
    return request_extract(session, options, account_id=scene.account_id)


def _review(session: Session, scene: Scene) -> Job:
    options = QueueOptions(shares=PRESETS[Preset.ALL])
    queue = request_queue(session, options, title="All faces", account_id=scene.account_id)
    return session.get_one(Job, queue.job_id)


def _remove(session: Session, scene: Scene) -> Job:
    target = Target(by=TakedownBy.HOST, value=scene.site.host)
    return request_removal(session, target, account_id=scene.account_id)


def _audit(session: Session, scene: Scene) -> Job:
    predicted = select(func.min(Job.id)).where(Job.kind == PREDICT.name)
    wanted = AuditRequest(faces=10, photos=5, seed=1)
    sample = request_audit(session, session.scalars(predicted).one(), wanted, account_id=scene.account_id)
    return session.get_one(Job, sample.draw_job_id)


def _export(session: Session, scene: Scene) -> Job:
    options = ExportOptions(format=ExportFormat.COCO)
    return request_export(session, options, title="Everything", account_id=scene.account_id)


def _retention(session: Session, scene: Scene) -> Job:
    """No photo is a day old, so nothing may be deleted."""
    options = RetentionOptions(by=KeptBy.HOST, value=scene.site.host, days=1)
    return request_retention(session, options, account_id=scene.account_id)


def _import_version(session: Session, scene: Scene) -> Job:
    # A package of the `train` extra; other runs do without this kind.
    from benchmarks.onnx_classifier import onnx_bytes

    upload = open_upload(session, scene.account_id)
    stored = store_file(BytesIO(onnx_bytes()), b"colours.onnx", photo_store(scene.settings), scene.settings)
    size = 0 if isinstance(stored, InputError) else stored.bytes
    begin_file(
        session,
        upload,
        raw_name=b"colours.onnx",
        length=size,
        number=0,
        settings=scene.settings,
        stored=stored,
    )
    options = ImportVersionOptions(upload_id=upload.id, labels=tuple(Label), scaling=Scaling.UNIT)
    return request_version_import(session, options, account_id=scene.account_id)


def _version_formats(session: Session, scene: Scene) -> Job:
    return request_formats(session, scene.champion_id, account_id=scene.account_id)


def _train_detector(session: Session, scene: Scene) -> Job:
    return request_detector_training(session, TrainDetectorOptions(steps=10), account_id=scene.account_id)


def _evaluate_detector(session: Session, scene: Scene) -> Job:
    """YuNet under another name, beside itself."""
    stored = version_files(scene.settings).keep(scene.settings.weights / YUNET.name)
    version = register_detector(
        session,
        name="same",
        sha256=stored.sha256,
        size=stored.bytes,
        parent_id=None,
        card={"layout": DetectorLayout.YUNET.value},
    )
    return request_detector_evaluation(session, version.id, account_id=scene.account_id)


Request = Callable[[Session, Scene], Job]
#: Requested at once; together they are in each other's way.
FIRST: Mapping[str, Request] = {
    PREDICT.name: _predict,
    IMPORT.name: _import,
    CRAWL.name: _crawl,
    CLASSIFY.name: _classify,
    EVALUATE.name: _evaluate,
    FREEZE.name: _freeze,
    AGREEMENT.name: _agreement,
    TRAIN.name: _train,
    IMPORT_VERSION.name: _import_version,
    VERSION_FORMATS.name: _version_formats,
    TRAIN_DETECTOR.name: _train_detector,
    EVALUATE_DETECTOR.name: _evaluate_detector,
}
#: Requested once the photos of the first ones are there; the removal takes the crawl's away from the others.
SECOND: Mapping[str, Request] = {
    AUDIT.name: _audit,
    RETENTION.name: _retention,
    EXTRACT.name: _extract,
    DEDUP.name: _dedup,
    REVIEW.name: _review,
    EXPORT.name: _export,
    REMOVE.name: _remove,
}


@dataclass
class Requests:
    """Requests the jobs of a run in their order; each call is one transaction."""

    db: Database
    scene: Scene
    without: frozenset[str]
    #: Numbers of the requested jobs by kind.
    jobs: dict[str, int] = field(default_factory=dict)
    finished: bool = False

    def begin(self) -> None:
        """Request the first jobs."""
        with self.db.write() as session:
            self._request(session, FIRST)

    def go_on(self) -> None:
        """Request the second jobs, a further report and a deletion once the first photos are there."""
        if self.finished:
            return
        with self.db.write() as session:
            waited_for = [self.jobs[kind] for kind in _BRING_PHOTOS if kind in self.jobs]
            if _are_unfinished(session, [*waited_for, self.jobs[DELETED]]):
                return
            is_predicted = _is_done(session, self.jobs[PREDICT.name])
            self._request(session, {k: r for k, r in SECOND.items() if is_predicted or k != AUDIT.name})
            if is_predicted:
                request_report(session, self.jobs[PREDICT.name], ReportFormat.ANNOTATED_ZIP)
            delete_job(session, self.jobs[DELETED], by="chaos")
        self.finished = True

    def _request(self, session: Session, requests: Mapping[str, Request]) -> None:
        for kind, request in requests.items():
            if kind not in self.without:
                self.jobs[kind] = request(session, self.scene).id


def _are_unfinished(session: Session, job_ids: Sequence[int]) -> bool:
    query = select(func.count()).where(Job.id.in_(job_ids), Job.state.in_(UNFINISHED))
    return session.scalars(query).one() > 0


def _is_done(session: Session, job_id: int) -> bool:
    return session.get_one(Job, job_id).state is JobState.DONE
