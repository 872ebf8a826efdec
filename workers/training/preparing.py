"""The first batch of a training: its dataset, its starting network, its crops and features."""

import shutil
import time
from datetime import timedelta
from functools import partial

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import read_clock
from core.datasets.labelled_face import LabelledFace
from core.datasets.options import FreezeOptions
from core.datasets.queries import read_training_faces
from core.datasets.store import freeze
from core.detection.card import parse_card
from core.errors import PermanentError
from core.jobs.finish import finish_batch
from core.jobs.lease import lock_held
from core.jobs.store import add_event
from core.library.queries import read_photo_bytes
from core.training.backbone import (
    StartingNetwork,
    backbone_sha256,
    feature_network,
    open_network,
    start_from_imagenet,
)
from core.training.features import FeatureCache, face_key
from core.training.folder import (
    Prepared,
    TrainingFolder,
    check_enough,
    feature_cache,
    fill_cache,
    keep_features,
    list_folders,
    load_prepared,
    remove_folder,
    save_prepared,
    training_folder,
)
from core.training.job_kind import PREPARE_STAGE
from core.training.options import Start, TrainOptions
from core.training.prepare import PrepareInput, PrepareResult, cut_faces
from core.training.progress import Part, StepPlan
from core.training.queries import is_outdated, is_stop_requested
from core.training.store import delete_epochs, write_steps
from core.versions.files import version_files
from core.versions.queries import file_path, is_imported, read_champion
from models import EventLevel, Job, JobState, Label, Photo, Split, VersionFileKind
from workers.engine import BatchRun, handles
from workers.freeze import read_content
from workers.training.sharing import fetch, share

_REPORT_SECONDS = 1.0
#: Side of the crops of a network that starts from ImageNet weights, in pixels.
_SIDE = 112
#: How long the folder of a failed or cancelled training is kept for a retry.
_KEPT_FOR_RETRY = timedelta(days=7)


class ProgressReporter:
    """Writes the steps at most once a second, and reads then whether a stop was requested."""

    def __init__(self, run: BatchRun, plan: StepPlan) -> None:
        self._run, self._plan = run, plan
        self._reported_at = float("-inf")
        self._stop = False

    def __call__(self, part: Part, share: float) -> bool:
        """Whether to stop the fit; raises Interrupted where the batch must be released."""
        self._run.check()
        if time.monotonic() - self._reported_at >= _REPORT_SECONDS:
            self._reported_at = time.monotonic()
            self._stop = self._run.write(partial(self._write, done=self._plan.done(part, share)))
        return self._stop

    def _write(self, session: Session, *, done: int) -> bool:
        write_steps(session, self._run.claim, done=done, found=self._plan.total)
        return is_stop_requested(session, self._run.claim.job_id)


@handles(PREPARE_STAGE)
def prepare_training(run: BatchRun) -> None:
    """Prepare, and finish the batch, which opens the fit."""
    remove_old_folders(run)
    prepare(run)
    with run.db.write() as session:
        finish_batch(session, run.claim)


def prepare(run: BatchRun) -> Prepared:
    """Prepare what the fit needs, or read it if it is complete and no photo of it was removed since."""
    folder = training_folder(run.settings, run.claim.job_id)
    fetch(run, folder.shared)
    prepared = load_prepared(folder)
    with run.db.read() as session:
        options = TrainOptions.from_json(session.get_one(Job, run.claim.job_id).options)
        outdated = prepared is not None and is_outdated(session, prepared)
    if outdated:
        remove_folder(run.settings, run.claim.job_id)
        folder = training_folder(run.settings, run.claim.job_id)
    if prepared is None or outdated:
        return _prepare(run, options, folder)
    fill_cache(folder, prepared.keys, FeatureCache(feature_cache(run.settings, prepared.backbone_sha256)))
    return prepared


def _prepare(run: BatchRun, options: TrainOptions, folder: TrainingFolder) -> Prepared:
    dataset_id = choose_dataset(run, options)
    with run.db.read() as session:
        faces = read_training_faces(session, dataset_id)
    check_enough(_labels(faces), _splits(faces))
    starting = load_starting_network(run, options, folder)
    backbone = backbone_sha256(starting.network, starting.side)
    report = ProgressReporter(run, _step_plan(faces, options))
    given = PrepareInput(
        faces=faces,
        side=starting.side,
        seed=options.seed,
        fine_tune=options.fine_tune_epochs > 0,
        features=feature_network(starting.network),
        cache=FeatureCache(feature_cache(run.settings, backbone)),
        folder=folder,
        open_photo=lambda face: _read_photo(run, face),
        progress=lambda done, photos: report(Part.PREPARE, done / photos),
    )
    cut = cut_faces(given)
    kept = [face for face in faces if face.face_id not in cut.unreadable]
    check_enough(_labels(kept), _splits(kept))
    prepared = Prepared(
        keys=[face_key(face.photo_sha256, face.box) for face in kept],
        labels=_labels(kept),
        splits=_splits(kept),
        crop_rows=np.array([cut.crop_rows.get(face.face_id, -1) for face in kept], np.int64),
        side=starting.side,
        backbone_sha256=backbone,
        dataset_id=dataset_id,
        parent_id=starting.parent_id,
    )
    _log_prepared(run, prepared, cut)
    keep_features(folder, prepared.keys, given.cache)
    save_prepared(prepared, folder)
    share(run, folder.shared)
    return prepared


def choose_dataset(run: BatchRun, options: TrainOptions) -> int:
    """The requested dataset, or a new one frozen now; a resumed training keeps the one it has."""
    with run.db.read() as session:
        job = session.get_one(Job, run.claim.job_id)
    dataset_id = job.dataset_id or options.dataset_id
    if dataset_id is None:
        return _freeze(run, FreezeOptions(agreeing=options.agreeing), job)
    with run.db.write() as session:
        session.get_one(Job, job.id).dataset_id = dataset_id
    return dataset_id


def load_starting_network(run: BatchRun, options: TrainOptions, folder: TrainingFolder) -> StartingNetwork:
    """Copy the starting weights into the folder, so that a later promotion does not change this training."""
    if options.start is Start.IMAGENET:
        start_from_imagenet(run.settings.weights, _SIDE, options.seed, folder.start)
        return StartingNetwork(network=open_network(folder.start, _SIDE), side=_SIDE, parent_id=None)
    store = version_files(run.settings)
    with run.db.read() as session:
        champion = read_champion(session)
        if is_imported(champion):
            raise PermanentError("champion_imported", f"{champion.name} was imported; it cannot be trained.")
        arrays = file_path(session, store, champion.id, VersionFileKind.KERAS)
    side = parse_card(champion.card, store.folder).side
    shutil.copyfile(arrays, folder.start)
    return StartingNetwork(network=open_network(folder.start, side), side=side, parent_id=champion.id)


def _freeze(run: BatchRun, options: FreezeOptions, job: Job) -> int:
    content = read_content(run, options)
    with run.db.write() as session:
        lock_held(session, run.claim)
        dataset = freeze(session, content, options, title=job.title, account_id=job.account_id)
        session.get_one(Job, job.id).dataset_id = dataset.id
        return dataset.id


def _step_plan(faces: list[LabelledFace], options: TrainOptions) -> StepPlan:
    """The steps of a training on these faces."""
    training = sum(face.split is Split.TRAIN for face in faces)
    return StepPlan.of(training, options.fine_tune_epochs)


def _read_photo(run: BatchRun, face: LabelledFace) -> bytes:
    with run.db.read() as session:
        return read_photo_bytes(session, run.settings, session.get_one(Photo, face.photo_id))


def _labels(faces: list[LabelledFace]) -> NDArray[np.int64]:
    return np.array([list(Label).index(face.label) for face in faces], np.int64)


def _splits(faces: list[LabelledFace]) -> NDArray[np.str_]:
    return np.array([face.split.value for face in faces], np.str_)


def _log_prepared(run: BatchRun, prepared: Prepared, cut: PrepareResult) -> None:
    line = (
        f"Dataset {prepared.dataset_id}: {len(prepared.keys):,} faces to train and validate with. "
        f"Features of {cut.computed:,} were computed, the others were cached."
    )
    with run.db.write() as session:
        delete_epochs(session, run.claim.job_id)
        add_event(session, run.claim.job_id, EventLevel.INFO, "training_prepared", line)
        if cut.unreadable:
            line = f"{len(cut.unreadable):,} faces are left out because their photos cannot be read."
            add_event(session, run.claim.job_id, EventLevel.WARNING, "faces_unreadable", line)


def remove_old_folders(run: BatchRun) -> None:
    """Remove folders of finished trainings that a kill left, and of those nobody retried for days."""
    kept = list_folders(run.settings)
    with run.db.read() as session:
        old = Job.finished_at < read_clock(session) - _KEPT_FOR_RETRY
        abandoned = Job.state.in_((JobState.CANCELLED, JobState.FAILED)) & old
        ended = select(Job.id).where(Job.id.in_(kept), (Job.state == JobState.DONE) | abandoned)
        job_ids = session.scalars(ended).all()
    for job_id in job_ids:
        remove_folder(run.settings, job_id)
