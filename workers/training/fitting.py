"""The second batch of a training: the fit, one row per epoch; after a kill it resumes with the next epoch."""

import resource
import sys
import time

from core.jobs.finish import finish_batch
from core.jobs.store import add_event
from core.training.features import FeatureCache
from core.training.fit import TensorBoardLog, fit
from core.training.folder import Prepared, feature_cache, tensorboard_folder, training_folder
from core.training.job_kind import FIT_STAGE
from core.training.options import TrainOptions
from core.training.progress import PART_OF, EpochMetrics, StepPlan
from core.training.stage import FitCallbacks
from core.training.store import add_epoch
from models import EventLevel, Job, Split
from workers.engine import BatchRun, handles
from workers.training.preparing import ProgressReporter, prepare
from workers.training.sharing import share, share_checkpoint


@handles(FIT_STAGE)
def fit_training(run: BatchRun) -> None:
    """Fit, and finish the batch, which opens the evaluation."""
    began = time.monotonic()
    fit_prepared(run)
    seconds = time.monotonic() - began
    line = f"Fitted in {seconds:.0f} s; peak memory of the process {_peak_memory() / 2**20:,.0f} MB."
    with run.db.write() as session:
        add_event(session, run.claim.job_id, EventLevel.INFO, "training_fitted", line)
        finish_batch(session, run.claim)


def fit_prepared(run: BatchRun) -> Prepared:
    """Prepare and fit what is missing: a removed photo takes the folder of a training with it."""
    prepared = prepare(run)
    with run.db.read() as session:
        options = TrainOptions.from_json(session.get_one(Job, run.claim.job_id).options)
    folder = training_folder(run.settings, run.claim.job_id)
    if not folder.fitted.exists():
        cache = FeatureCache(feature_cache(run.settings, prepared.backbone_sha256))
        fit(prepared, options, folder, cache, _callbacks(run, options, prepared))
        share(run, folder.shared)
    return prepared


def _callbacks(run: BatchRun, options: TrainOptions, prepared: Prepared) -> FitCallbacks:
    folder = training_folder(run.settings, run.claim.job_id)
    report = ProgressReporter(run, StepPlan.of(len(prepared.indices(Split.TRAIN)), options.fine_tune_epochs))
    log = TensorBoardLog(tensorboard_folder(run.settings, run.claim.job_id)) if options.tensorboard else None

    def on_epoch(metrics: EpochMetrics) -> None:
        run.write(lambda session: add_epoch(session, run.claim, metrics))
        share_checkpoint(run, folder.shared)
        if log is not None:
            log.write(metrics)

    return FitCallbacks(on_step=lambda stage, share: report(PART_OF[stage], share), on_epoch=on_epoch)


def _peak_memory() -> int:
    """Peak resident memory of this process in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
