"""The formats that a version lacks are written by a job, also where its worker is killed."""

import signal
from typing import Any

import numpy as np
import pytest
from onnx import helper
from sqlalchemy import func, select, update

from core.database import Database, read_clock
from core.errors import InputError
from core.jobs.tick import return_expired
from core.settings import Settings
from core.training.formats_job import request_formats
from core.versions.files import version_files
from core.versions.queries import list_files, read_champion
from models import Batch, Job, JobState, VersionFile, VersionFileKind
from tests.forked import fork_program, wait
from tests.integration.test_version_import import ask as ask_import
from tests.integration.test_version_import import job_of, work
from tests.training import Late, need_training
from workers.engine import run_batches

need_training()
pytestmark = pytest.mark.slow

classifiers = Late("benchmarks.onnx_classifier")
writing = Late("workers.training.writing_formats")
_PROGRAM = """
import os, signal, sys
from core.database import Database
from core.settings import Settings
from workers.engine import run_batches
from workers.training import writing_formats

name = sys.argv[1]
setattr(writing_formats, name, lambda *given, **named: os.kill(os.getpid(), signal.SIGKILL))
settings = Settings.from_env()
handlers = {"write_formats": writing_formats.write_version_formats}
run_batches(Database(settings.sql_url), settings, handlers)
"""


def shipped(db: Database, _settings: Settings) -> int:
    with db.read() as session:
        return read_champion(session).id


def imported(db: Database, settings: Settings) -> int:
    """A version that came as ONNX."""
    job_id = ask_import(db, settings, classifiers.onnx_bytes(3))
    work(db, settings)
    return job_of(db, job_id).classifier_version_id


@pytest.mark.parametrize("make", [shipped, imported])
def test_a_worker_killed_twice_doubles_nothing(db: Database, ready: Settings, make: Any) -> None:
    """The second one dies later than the first."""
    version_id = make(db, ready)
    with db.write() as session:
        job_id = request_formats(session, version_id, account_id=None).id
    for moment in ("keep_paths", "add_files"):
        db.dispose()
        assert wait(fork_program(ready, _PROGRAM, moment)) == -signal.SIGKILL
        with db.write() as session:
            # The lease is long, since TensorFlow lets nobody renew it.
            session.execute(update(Batch).values(lease_until=read_clock(session)))
        with db.write() as session:
            assert return_expired(session, max_attempts=ready.max_attempts) == 1
    run_batches(db, ready, {"write_formats": writing.write_version_formats})
    with db.read() as session:
        assert session.get_one(Job, job_id).state is JobState.DONE
        files = {file.kind: file for file in list_files(session, version_id)}
        of_version = select(func.count()).where(VersionFile.classifier_version_id == version_id)
        assert session.scalars(of_version).one() == len(files)
    assert {VersionFileKind.KERAS_MODEL, VersionFileKind.ONNX, VersionFileKind.LITERT} <= set(files)
    for file in files.values():
        assert version_files(ready).path(file.sha256).stat().st_size == file.bytes
    with db.write() as session, pytest.raises(InputError) as refused:
        request_formats(session, version_id, account_id=None)
    assert refused.value.code == "version_complete"


def test_what_no_other_format_can_hold_fails_with_the_operator(db: Database, ready: Settings) -> None:
    scales = np.array([1, 1, 2, 2], np.float32)
    resized = [helper.make_node("Resize", ["pictures", "", "scales"], ["given"], mode="nearest")]
    import_id = ask_import(db, ready, classifiers.onnx_bytes(3, before=resized, arrays={"scales": scales}))
    work(db, ready)
    version_id = job_of(db, import_id).classifier_version_id
    with db.write() as session:
        job_id = request_formats(session, version_id, account_id=None).id
    run_batches(db, ready, {"write_formats": writing.write_version_formats})
    job = job_of(db, job_id)
    assert (job.state, job.error_code) == (JobState.FAILED, "keras_layer_unknown")
    assert "Resize" in job.error_message
    with db.read() as session:
        assert len(list_files(session, version_id)) == 3
