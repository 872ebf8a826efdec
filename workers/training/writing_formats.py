"""The batch that writes the formats of a version which other programs run and which it lacks."""

import tempfile
from pathlib import Path

from sqlalchemy import update

from core.detection.card import parse_card
from core.jobs.finish import finish_batch
from core.jobs.lease import lock_held
from core.jobs.store import add_event
from core.training.backbone import open_network
from core.training.formats import write_formats
from core.training.formats_job import FORMATS_STAGE, VERSION_FORMATS
from core.versions.files import keep_paths, version_files
from core.versions.leaving import missing_formats
from core.versions.queries import file_path, get_version, list_files
from core.versions.store import add_files
from models import EventLevel, Job, VersionFileKind
from workers.engine import BatchRun, handles

#: Most time that writing takes on a slow or busy machine.
_SECONDS = 300.0


@handles(FORMATS_STAGE)
def write_version_formats(run: BatchRun) -> None:
    """Write the files, then their rows in the transaction that ends the batch."""
    store = version_files(run.settings)
    with run.db.read() as session:
        options = VERSION_FORMATS.options_of(session.get_one(Job, run.claim.job_id))
        version = get_version(session, options.version_id)
        missing = missing_formats(list_files(session, version.id))
        arrays = file_path(session, store, version.id, VersionFileKind.KERAS)
    # The network's libraries let no other thread run.
    with tempfile.TemporaryDirectory(prefix="maskloop-") as folder, run.hold(_SECONDS):
        network = open_network(arrays, parse_card(version.card, store.folder).side)
        kept = keep_paths(store, write_formats(network, missing, Path(folder)))
    run.check()
    with run.db.write() as session:
        lock_held(session, run.claim)
        add_files(session, version.id, kept)
        words = ", ".join(file.name for file in kept) or "nothing was missing"
        line = f"Version {version.id}: {words}; they agree with the network."
        add_event(session, run.claim.job_id, EventLevel.INFO, "formats_written", line)
        session.execute(update(Job).where(Job.id == run.claim.job_id).values(steps_done=1))
        finish_batch(session, run.claim)
