"""The second batch of a training: the fit, an epoch a row, going on from the last one after a kill."""

import resource
import sys
import time

from core.jobs.finish import finish_batch
from core.jobs.store import add_event
from core.training.board import Board
from core.training.epoch import EpochFigures
from core.training.features import FeatureCache
from core.training.fit import fit
from core.training.folder import feature_cache, tensorboard_folder, training_folder
from core.training.job_kind import FIT_STAGE
from core.training.options import TrainOptions
from core.training.prepared import Prepared
from core.training.stage import Watch
from core.training.steps import PART_OF, StepPlan
from core.training.store import note_epoch
from models import EventLevel, Job, Split
from workers.engine import BatchRun, handles
from workers.training.preparing import prepare
from workers.training.telling import Teller


@handles(FIT_STAGE)
def fit_training(run: BatchRun) -> None:
    """Fit and open the evaluation."""
    began = time.monotonic()
    fit_prepared(run)
    seconds = time.monotonic() - began
    line = f"Fitted in {seconds:.0f} s; the process took {_most_memory() / 2**20:,.0f} MB at most."
    with run.db.write() as session:
        add_event(session, run.claim.job_id, EventLevel.INFO, "training_fitted", line)
        finish_batch(session, run.claim)


def fit_prepared(run: BatchRun) -> Prepared:
    """Prepare and fit, as far as it is not done: the folder of a training may have gone with a photo."""
    prepared = prepare(run)
    with run.db.read() as session:
        options = TrainOptions.from_json(session.get_one(Job, run.claim.job_id).options)
    folder = training_folder(run.settings, run.claim.job_id)
    if not folder.fitted.exists():
        cache = FeatureCache(feature_cache(run.settings, prepared.backbone_sha256))
        fit(prepared, options, folder, cache, _watch(run, options, prepared))
    return prepared


def _watch(run: BatchRun, options: TrainOptions, prepared: Prepared) -> Watch:
    tell = Teller(run, StepPlan.of(len(prepared.of(Split.TRAIN)), options.fine_tune_epochs))
    board = Board(tensorboard_folder(run.settings, run.claim.job_id)) if options.tensorboard else None

    def epoch(figures: EpochFigures) -> None:
        with run.db.write() as session:
            note_epoch(session, run.claim, figures)
        if board is not None:
            board.tell(figures)

    return Watch(step=lambda stage, share: tell(PART_OF[stage], share), epoch=epoch)


def _most_memory() -> int:
    """Bytes that this process had in memory at most."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
