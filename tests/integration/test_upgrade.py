"""Processes of this release beside those of the next one, whose migration has expanded the tables."""

from pathlib import Path

import pytest
from sqlalchemy import inspect, select, text, update

from benchmarks.camera_photos import make_photos
from core.database import Database
from core.errors import PermanentError
from core.predict.job_kind import request_predict
from core.predict.options import PredictOptions
from core.settings import Settings
from models import Account, Batch, BatchState, Job, JobState
from tests.forked import fork_drain, wait
from workers.migrating import migrate
from workers.tick import Sweeps, tick_once


def _expand(db: Database) -> None:
    """What a migration of the next release may do: a column of each kind in every table, and a new table."""
    with db.write() as session:
        connection = session.connection()
        for table in inspect(connection).get_table_names():
            for column in ("next_note TEXT", "next_count INTEGER DEFAULT 0 NOT NULL"):
                connection.exec_driver_sql(f'ALTER TABLE "{table}" ADD COLUMN {column}')
        connection.exec_driver_sql("CREATE TABLE next_table (id INTEGER PRIMARY KEY, note TEXT NOT NULL)")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_an_old_worker_and_tick_work_beside_a_new_web_process(
    db: Database, ready: Settings, tmp_path: Path
) -> None:
    """The worker was started before, and knows neither the columns, nor an option, nor a kind of job."""
    photos = make_photos(tmp_path / "photos", 8, seed=9)
    _expand(db)
    with db.write() as session:
        account_id = session.scalars(select(Account.id)).one()
        options = PredictOptions(folder=str(photos))
        job = request_predict(session, options, account_id=account_id, roots=[tmp_path])
        other = request_predict(session, options, account_id=account_id, roots=[tmp_path])
        job.options = {**job.options, "option_of_the_next_release": True}
        session.flush()
        # As the new web process writes it.
        session.execute(text("UPDATE job SET next_note = 'new', next_count = 7"))
        session.execute(update(Job).where(Job.id == other.id).values(kind="next_kind"))
        session.execute(update(Batch).where(Batch.job_id == other.id).values(kind="next_stage"))
        job_id, other_id = job.id, other.id
    tick_once(db, ready, Sweeps())
    assert wait(fork_drain(ready, job_id)) == 0
    with db.read() as session:
        job = session.get_one(Job, job_id)
        assert (job.state, job.photos_done, job.photos_failed) == (JobState.DONE, 8, 0)
        assert (
            session.execute(text("SELECT next_count FROM job WHERE id = :id"), {"id": job_id}).scalar() == 7
        )
        # It waits for a worker that knows it.
        waiting = session.scalars(select(Batch).where(Batch.job_id == other_id)).one()
        assert (waiting.state, waiting.attempts) == (BatchState.WAITING, 0)
        assert session.get_one(Job, other_id).state is JobState.WAITING


def test_tables_of_a_newer_release_are_left_alone(settings: Settings) -> None:
    """A set-up of the release before, as a host that is upgraded last runs it."""
    settings.data.mkdir()
    migrate(settings)
    db = Database(settings.sql_url)
    with db.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(PermanentError) as error:
        migrate(settings)
    db.dispose()
    assert error.value.code == "schema_newer"
