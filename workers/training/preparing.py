"""The first batch of a training: its dataset, crops, and the features that are not known yet."""

from datetime import timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from core.database import read_clock
from core.datasets.labelled_face import LabelledFace
from core.datasets.queries import read_training_faces
from core.jobs.finish import finish_batch
from core.jobs.store import add_event
from core.library.queries import read_photo_bytes
from core.training.backbone import backbone_sha256, feature_network
from core.training.features import FeatureCache, face_key
from core.training.folder import (
    TrainingFolder,
    feature_cache,
    kept_folders,
    remove_folder,
    training_folder,
)
from core.training.job_kind import PREPARE_STAGE
from core.training.options import TrainOptions
from core.training.outdated import is_outdated
from core.training.prepared import Prepared, check_enough, load_prepared, save_prepared
from core.training.preparing import Cut, Work, cut_faces
from core.training.steps import Part, StepPlan
from core.training.store import forget_epochs
from models import EventLevel, Job, JobState, Label, Photo, Split
from workers.engine import BatchRun, handles
from workers.training.start import begin_network, take_dataset
from workers.training.telling import Teller

#: The folder of a training that failed or was cancelled is kept so long for a retry.
_RETRIED_WITHIN = timedelta(days=7)


@handles(PREPARE_STAGE)
def prepare_training(run: BatchRun) -> None:
    """Do it and open the fit."""
    _sweep(run)
    prepare(run)
    with run.db.write() as session:
        finish_batch(session, run.claim)


def prepare(run: BatchRun) -> Prepared:
    """What the fit needs; where it is there already, and none of it was removed since, it is only read."""
    folder = training_folder(run.settings, run.claim.job_id)
    prepared = load_prepared(folder)
    with run.db.read() as session:
        options = TrainOptions.from_json(session.get_one(Job, run.claim.job_id).options)
        outdated = prepared is not None and is_outdated(session, prepared)
    if outdated:
        remove_folder(run.settings, run.claim.job_id)
        folder = training_folder(run.settings, run.claim.job_id)
    return _prepare(run, options, folder) if prepared is None or outdated else prepared


def _prepare(run: BatchRun, options: TrainOptions, folder: TrainingFolder) -> Prepared:
    dataset_id = take_dataset(run, options)
    with run.db.read() as session:
        faces = read_training_faces(session, dataset_id)
    check_enough(_labels(faces), _splits(faces))
    begun = begin_network(run, options, folder)
    backbone = backbone_sha256(begun.network, begun.side)
    tell = Teller(run, step_plan(faces, options))
    work = Work(
        faces=faces,
        side=begun.side,
        seed=options.seed,
        fine_tune=options.fine_tune_epochs > 0,
        features=feature_network(begun.network),
        cache=FeatureCache(feature_cache(run.settings, backbone)),
        folder=folder,
        open_photo=lambda face: _read_photo(run, face),
        progress=lambda done, photos: tell(Part.PREPARE, done / photos),
    )
    cut = cut_faces(work)
    kept = [face for face in faces if face.face_id not in cut.lost]
    check_enough(_labels(kept), _splits(kept))
    prepared = Prepared(
        keys=[face_key(face.photo_sha256, face.box) for face in kept],
        labels=_labels(kept),
        splits=_splits(kept),
        crop_rows=np.array([cut.crop_rows.get(face.face_id, -1) for face in kept], np.int64),
        side=begun.side,
        backbone_sha256=backbone,
        dataset_id=dataset_id,
        parent_id=begun.parent_id,
    )
    _tell_cut(run, prepared, cut)
    save_prepared(prepared, folder)
    return prepared


def step_plan(faces: list[LabelledFace], options: TrainOptions) -> StepPlan:
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


def _tell_cut(run: BatchRun, prepared: Prepared, cut: Cut) -> None:
    line = (
        f"Dataset {prepared.dataset_id}: {len(prepared.keys):,} faces to train and validate with. The "
        f"features of {cut.computed:,} were computed, those of the others are known from before."
    )
    with run.db.write() as session:
        forget_epochs(session, run.claim.job_id)
        add_event(session, run.claim.job_id, EventLevel.INFO, "training_prepared", line)
        if cut.lost:
            lost = f"{len(cut.lost):,} faces are left out: their photos cannot be read any more."
            add_event(session, run.claim.job_id, EventLevel.WARNING, "faces_unreadable", lost)


def _sweep(run: BatchRun) -> None:
    """Remove what a kill right at the end of a training left, and what nobody has retried for days."""
    kept = kept_folders(run.settings)
    with run.db.read() as session:
        old = Job.finished_at < read_clock(session) - _RETRIED_WITHIN
        given_up = Job.state.in_((JobState.CANCELLED, JobState.FAILED)) & old
        over = select(Job.id).where(Job.id.in_(kept), (Job.state == JobState.DONE) | given_up)
        job_ids = session.scalars(over).all()
    for job_id in job_ids:
        remove_folder(run.settings, job_id)
