"""The batch that writes the formats of a version which other programs run and which it lacks."""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import update

from core.detection.card import Card, parse_card
from core.errors import PermanentError
from core.jobs.finish import finish_batch
from core.jobs.lease import lock_held
from core.jobs.store import add_event
from core.training.backbone import open_network
from core.training.converting.folder import ConvertRequest, ConvertResult
from core.training.formats import write_formats
from core.training.formats_job import FORMATS_STAGE, VERSION_FORMATS
from core.training.importing.card import options_of
from core.training.importing.folder import ImportFolder
from core.training.importing.isolated import run_isolated
from core.versions.files import KeptFile, VersionFiles, keep_paths, version_files
from core.versions.leaving import format_title, missing_formats
from core.versions.queries import get_version, list_files
from core.versions.store import add_files
from models import ClassifierVersion, EventLevel, Job, VersionFile, VersionFileKind
from workers.engine import BatchRun, handles
from workers.processes import die_with_parent

#: Most time that writing takes on a slow or busy machine.
_SECONDS = 300.0
_CONVERTER = ("-m", "core.training.converting.child")


@dataclass(frozen=True, kw_only=True)
class _Written:
    """Files in the store, and why formats could not be written."""

    kept: Sequence[KeptFile]
    refused: Sequence[str] = ()


@handles(FORMATS_STAGE)
def write_version_formats(run: BatchRun) -> None:
    """Write the files, then their rows in the transaction that ends the batch."""
    with run.db.read() as session:
        options = VERSION_FORMATS.options_of(session.get_one(Job, run.claim.job_id))
        version = get_version(session, options.version_id)
        files = list_files(session, version.id)
    trained_here = any(file.kind is VersionFileKind.KERAS for file in files)
    written = (_of_arrays if trained_here else _of_import)(run, version, files)
    run.check()
    with run.db.write() as session:
        lock_held(session, run.claim)
        add_files(session, version.id, list(written.kept))
        words = ", ".join(file.name for file in written.kept) or "nothing was missing"
        line = f"Version {version.id}: {words}; they agree with the network."
        add_event(session, run.claim.job_id, EventLevel.INFO, "formats_written", line)
        for reason in written.refused:
            add_event(session, run.claim.job_id, EventLevel.WARNING, "format_not_written", reason)
        session.execute(update(Job).where(Job.id == run.claim.job_id).values(steps_done=1))
        finish_batch(session, run.claim)


def _of_arrays(run: BatchRun, version: ClassifierVersion, files: Sequence[VersionFile]) -> _Written:
    """From the arrays of a version that was trained here."""
    store = version_files(run.settings)
    arrays = _path(store, files, VersionFileKind.KERAS)
    # The network's libraries let no other thread run.
    with tempfile.TemporaryDirectory(prefix="maskloop-") as folder, run.hold(_SECONDS):
        network = open_network(arrays, parse_card(version.card, store.folder).side)
        paths = write_formats(network, missing_formats(files), Path(folder))
        return _Written(kept=keep_paths(store, paths))


def _of_import(run: BatchRun, version: ClassifierVersion, files: Sequence[VersionFile]) -> _Written:
    """From the file that came from elsewhere, in a child process; raises InputError, PermanentError."""
    store = version_files(run.settings)
    card = parse_card(version.card, store.folder)
    with tempfile.TemporaryDirectory(prefix="maskloop-") as path:
        folder = ImportFolder(path=Path(path))
        shutil.copyfile(_path(store, files, VersionFileKind.IMPORTED), folder.model)
        shutil.copyfile(store.path(card.classifier.sha256), folder.classifier(card.runtime))
        result = _converted(run, folder, version, card, missing_formats(files))
        paths = {kind: folder.written / name for kind, name in result.names.items()}
        kept = keep_paths(store, paths)
    reasons = [f"{format_title(kind)}: {reason}" for kind, reason in result.refused.items()]
    if reasons and not kept:
        raise PermanentError("version_not_convertible", " ".join(reasons))
    return _Written(kept=kept, refused=reasons)


def _converted(
    run: BatchRun,
    folder: ImportFolder,
    version: ClassifierVersion,
    card: Card,
    wanted: Sequence[VersionFileKind],
) -> ConvertResult:
    request = ConvertRequest(
        runtime=card.runtime, side=card.side, options=options_of(version.card), wanted=tuple(wanted)
    )
    return run_isolated(
        _CONVERTER, folder, request, ConvertResult, check=run.check, before_exec=die_with_parent
    )


def _path(store: VersionFiles, files: Sequence[VersionFile], kind: VersionFileKind) -> Path:
    return store.path(next(file.sha256 for file in files if file.kind is kind))
