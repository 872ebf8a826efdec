"""A job kind is one declaration and one handler: the engine runs it and its page shows it."""

from collections.abc import Iterator

import pytest
from pydantic import Field

from core.database import Database
from core.errors import InputError
from core.jobs import kinds
from core.jobs.actions import cancel_job, continue_job
from core.jobs.finish import finish_batch
from core.jobs.kinds import BatchPayload, JobKind, JobRequest, Runner, Stage, list_kinds
from core.jobs.lease import lock_held
from core.jobs.options import JobOptions
from core.jobs.request import add_job, start_job
from core.settings import Settings
from models import Job, JobState
from tests.unit.web.conftest import Browser
from workers import engine
from workers.engine import BatchRun, handlers_of, handles, run_batches


class GreetPayload(BatchPayload):
    greeted: int = 0


class GreetOptions(JobOptions):
    names: tuple[str, ...]
    loudness: int = Field(3, ge=1, le=10)


GREET_STAGE = Stage(name="greet", activity="Greeting people", payload=GreetPayload)
WAVE_STAGE = Stage(name="wave", activity="Waving")


@pytest.fixture
def greet(monkeypatch: pytest.MonkeyPatch) -> Iterator[JobKind[GreetOptions]]:
    """A kind of our own, known to the engine for the length of a test."""
    monkeypatch.setattr(kinds, "_KINDS", dict(kinds._KINDS))
    monkeypatch.setattr(kinds, "_STAGES", dict(kinds._STAGES))
    monkeypatch.setattr(engine, "_HANDLERS", dict(engine._HANDLERS))

    def start(session, options, request, _settings) -> Job:
        return add_job(session, kind, options, title=request.title, account_id=None)

    kind = JobKind(
        name="greet",
        title="Greeting",
        options=GreetOptions,
        stages=(GREET_STAGE, WAVE_STAGE),
        start=start,
        follow_ups=frozenset({"dedup"}),
    ).declare()

    @handles(GREET_STAGE)
    def greet_people(run: BatchRun) -> None:
        with run.db.write() as session:
            options = kind.options_of(session.get_one(Job, run.claim.job_id))
            lock_held(session, run.claim).payload = GreetPayload(greeted=len(options.names)).to_json()
            finish_batch(session, run.claim)

    @handles(WAVE_STAGE)
    def wave(run: BatchRun) -> None:
        with run.db.write() as session:
            finish_batch(session, run.claim)

    yield kind


def request_greeting(db: Database, settings: Settings, **options: object) -> int:
    request = JobRequest(kind="greet", options={"names": ["Ada"], **options}, title="Hello", account_id=None)
    with db.write() as session:
        return start_job(session, request, settings).id


def test_it_runs_to_the_end(greet: JobKind, db: Database, settings: Settings) -> None:
    job_id = request_greeting(db, settings)
    assert run_batches(db, settings, handlers_of(Runner.WORKER), job_id=job_id) == 2
    with db.read() as session:
        assert session.get_one(Job, job_id).state is JobState.DONE
    assert greet in list_kinds()


def test_it_is_cancelled_and_goes_on_as_any_other(greet: JobKind, db: Database, settings: Settings) -> None:
    job_id = request_greeting(db, settings)
    with db.write() as session:
        cancel_job(session, job_id)
    with db.write() as session:
        continue_job(session, job_id)
    run_batches(db, settings, handlers_of(Runner.WORKER), job_id=job_id)
    with db.read() as session:
        assert session.get_one(Job, job_id).state is JobState.DONE


def test_its_follow_up_is_requested_once(greet: JobKind, db: Database, settings: Settings) -> None:
    job_id = request_greeting(db, settings, follow_up=["dedup"])
    run_batches(db, settings, handlers_of(Runner.WORKER), job_id=job_id)
    with db.read() as session:
        titles = [job.title for job in session.query(Job).filter(Job.kind == "dedup")]
    assert titles == ["Duplicates of: Hello"]


def test_bad_options_and_follow_ups_are_refused(greet: JobKind, db: Database, settings: Settings) -> None:
    with pytest.raises(InputError, match="loudness must be between 1 and 10") as refused:
        request_greeting(db, settings, loudness=11)
    assert refused.value.code == "option_invalid"
    with pytest.raises(InputError, match="no follow-up 'train'"):
        request_greeting(db, settings, follow_up=["train"])


def test_a_name_is_declared_once(greet: JobKind) -> None:
    with pytest.raises(ValueError, match="declared twice"):
        JobKind(name="greet", title="Other", options=JobOptions, stages=()).declare()
    with pytest.raises(ValueError, match="declared twice"):
        twin = Stage(name="wave", activity="Waving")
        JobKind(name="other", title="Other", options=JobOptions, stages=(twin,)).declare()


def test_its_declaration_alone_makes_it_run_again(
    greet: JobKind, browser: Browser, database: Database
) -> None:
    with database.write() as rows:
        job = add_job(rows, greet, GreetOptions(names=("Ada",)), title="Hello", account_id=None)
        job.state = JobState.DONE
        job_id = job.id
    page = browser.get(f"/jobs/{job_id}").text
    assert "Run again" in page and f"/schedules/new?job={job_id}" in page
    started = browser.post(f"/jobs/{job_id}/again").location
    with database.read() as rows:
        again = rows.get_one(Job, int(started.rpartition("/")[2]))
    assert (again.kind, again.title, again.options["names"]) == ("greet", "Hello", ["Ada"])


def test_its_page_shows_it(greet: JobKind, browser: Browser, database: Database) -> None:
    with database.write() as rows:
        job_id = add_job(rows, greet, GreetOptions(names=("Ada",)), title="Hello", account_id=None).id
    page = browser.get(f"/jobs/{job_id}").text
    assert "<dd>Greeting</dd>" in page and "Hello" in page
    assert "Greeting people" in page or "Waiting for a worker" in page
