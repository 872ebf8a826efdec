"""What a training begins with: its dataset, and the network whose weights it goes on from."""

import shutil

from core.datasets.options import FreezeOptions
from core.datasets.store import freeze
from core.detection.card import parse_card
from core.jobs.lease import lock_held
from core.training.backbone import Begun, open_network, start_from_imagenet
from core.training.folder import TrainingFolder
from core.training.options import Start, TrainOptions
from core.versions.files import version_files
from core.versions.queries import file_path, read_champion
from models import Job, VersionFileKind
from workers.engine import BatchRun
from workers.freezing import collect

#: Side of the crops of a network that begins with ImageNet's weights.
_SIDE = 112


def take_dataset(run: BatchRun, options: TrainOptions) -> int:
    """The dataset that was asked for, or one frozen now; a training that goes on keeps its own."""
    with run.db.read() as session:
        job = session.get_one(Job, run.claim.job_id)
    dataset_id = job.dataset_id or options.dataset_id
    if dataset_id is None:
        return _freeze(run, FreezeOptions(agreeing=options.agreeing), job)
    with run.db.write() as session:
        session.get_one(Job, job.id).dataset_id = dataset_id
    return dataset_id


def begin_network(run: BatchRun, options: TrainOptions, folder: TrainingFolder) -> Begun:
    """The champion is taken as it stands now: a promotion meanwhile changes nothing of this training."""
    if options.start is Start.IMAGENET:
        start_from_imagenet(run.settings.weights, _SIDE, options.seed, folder.start)
        return Begun(network=open_network(folder.start, _SIDE), side=_SIDE, parent_id=None)
    store = version_files(run.settings)
    with run.db.read() as session:
        champion = read_champion(session)
        arrays = file_path(session, store, champion.id, VersionFileKind.KERAS)
    side = parse_card(champion.card, store.folder).side
    shutil.copyfile(arrays, folder.start)
    return Begun(network=open_network(folder.start, side), side=side, parent_id=champion.id)


def _freeze(run: BatchRun, options: FreezeOptions, job: Job) -> int:
    content = collect(run, options)
    with run.db.write() as session:
        lock_held(session, run.claim)
        dataset = freeze(session, content, options, title=job.title, account_id=job.account_id)
        session.get_one(Job, job.id).dataset_id = dataset.id
        return dataset.id
