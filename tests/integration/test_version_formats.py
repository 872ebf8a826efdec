"""The formats that a version lacks are written by a job, also where its worker is killed."""

import signal

import pytest
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
from tests.training import Late, need_training
from workers.engine import run_batches

need_training()
pytestmark = pytest.mark.slow

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


def ask(db: Database) -> int:
    with db.write() as session:
        return request_formats(session, read_champion(session).id, account_id=None).id


@pytest.mark.parametrize("moment", ["keep_paths", "add_files"])
def test_a_killed_worker_doubles_nothing(db: Database, ready: Settings, moment: str) -> None:
    job_id = ask(db)
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
        version = read_champion(session)
        files = {file.kind: file for file in list_files(session, version.id)}
        assert session.scalars(select(func.count()).select_from(VersionFile)).one() == len(files)
    assert {VersionFileKind.KERAS_MODEL, VersionFileKind.ONNX, VersionFileKind.LITERT} <= set(files)
    for file in files.values():
        assert version_files(ready).path(file.sha256).stat().st_size == file.bytes
    with db.write() as session, pytest.raises(InputError) as refused:
        request_formats(session, version.id, account_id=None)
    assert refused.value.code == "version_complete"
