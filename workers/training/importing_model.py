"""The first batch of an import of a classifier: check its file in a child process, register the version."""

import hashlib
import shutil
import time
from pathlib import Path, PurePath
from typing import Any

from sqlalchemy import update

from core.database import read_clock
from core.errors import PermanentError
from core.jobs.finish import finish_batch
from core.jobs.lease import lock_held
from core.jobs.store import add_event
from core.library.files.store import photo_store
from core.number_text import number
from core.settings import Settings
from core.storage.named_files import transfer_seconds
from core.training.importing.card import imported_card
from core.training.importing.folder import CheckRequest, CheckResult, ImportFolder
from core.training.importing.isolated import check_isolated
from core.training.importing.job_kind import CHECK_MODEL_STAGE, IMPORT_VERSION, find_model_file, format_of
from core.training.importing.options import ImportVersionOptions
from core.versions.files import NewVersion, keep_files, version_files
from core.versions.store import register_version
from models import EventLevel, Job, UploadFile, VersionFileKind
from workers.engine import BatchRun, handles
from workers.processes import die_with_parent

_FOLDER = "model-imports"
#: How long a folder may stay that a killed process left.
_KEPT_SECONDS = 24 * 3600.0


@handles(CHECK_MODEL_STAGE)
def check_model(run: BatchRun) -> None:
    """Check and register; finishes the batch, which opens the evaluation."""
    with run.db.read() as session:
        job = session.get_one(Job, run.claim.job_id)
    if job.classifier_version_id is None:
        _register(run, job)
    with run.db.write() as session:
        session.execute(update(Job).where(Job.id == job.id).values(steps_done=1, steps_found=2))
        finish_batch(session, run.claim)


def _register(run: BatchRun, job: Job) -> None:
    options = IMPORT_VERSION.options_of(job)
    with run.db.read() as session:
        file = find_model_file(session, options.upload_id)
    _remove_left_over(run.settings, job.id)
    # Each worker has a folder of its own: one that lost its batch may still write.
    folder = ImportFolder(path=run.settings.data / _FOLDER / f"{job.id}-{run.claim.token}")
    folder.path.mkdir(parents=True)
    try:
        with run.transfer(transfer_seconds(file.bytes)):
            _copy(run.settings, file, folder)
        request = CheckRequest(format=format_of(file), options=options)
        result = check_isolated(folder, request, check=run.check, before_exec=die_with_parent)
        _store(run, job, options, file, folder, result)
    finally:
        shutil.rmtree(folder.path, ignore_errors=True)


def _copy(settings: Settings, file: UploadFile, folder: ImportFolder) -> None:
    """Copy the uploaded file; PermanentError upload_files_missing where it is not the one that came."""
    try:
        shutil.copyfile(photo_store(settings).local(file.sha256 or ""), folder.model)
    except FileNotFoundError as error:
        raise PermanentError("upload_files_missing", f"{file.name} is no longer stored.") from error
    if _digest(folder.model) != file.sha256:
        raise PermanentError("upload_files_missing", f"{file.name} is not the file that was uploaded.")


def _store(
    run: BatchRun,
    job: Job,
    options: ImportVersionOptions,
    file: UploadFile,
    folder: ImportFolder,
    result: CheckResult,
) -> None:
    classifier = folder.classifier(result.runtime)
    with run.db.read() as session:
        now = read_clock(session)
    origin: dict[str, Any] = {
        "file": PurePath(file.name).name,
        "sha256": file.sha256,
        "bytes": file.bytes,
        "job": job.id,
        "imported_at": now.isoformat(),
    }
    card = imported_card(options, result, classifier=classifier, origin=origin)
    paths = {
        _kind(classifier): classifier,
        VersionFileKind.IMPORTED: _named(folder, origin["file"]),
    }
    files = keep_files(version_files(run.settings), paths, card)
    run.check()
    with run.db.write() as session:
        lock_held(session, run.claim)
        version = register_version(session, NewVersion(name=options.name, card=card, files=files))
        session.get_one(Job, job.id).classifier_version_id = version.id
        line = (
            f"Version {version.id} is made of {origin['file']}: {result.words}, {number(result.parameters)} "
            f"parameters, {result.side} pixels a side."
        )
        add_event(session, job.id, EventLevel.INFO, "version_registered", line)


def _kind(classifier: Path) -> VersionFileKind:
    return VersionFileKind.ONNX if classifier.suffix == ".onnx" else VersionFileKind.LITERT


def _named(folder: ImportFolder, name: str) -> Path:
    """The file as it came under its own name, which its row keeps."""
    path = folder.path / f"original{PurePath(name).suffix.lower()}"
    folder.model.rename(path)
    return path


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _remove_left_over(settings: Settings, job_id: int) -> None:
    """Remove folders that killed processes left: those of this job, and all that are a day old."""
    old = time.time() - _KEPT_SECONDS
    for path in (settings.data / _FOLDER).glob("*"):
        if path.name.startswith(f"{job_id}-") or path.stat().st_mtime < old:
            shutil.rmtree(path, ignore_errors=True)
