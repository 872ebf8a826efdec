"""How a job of each kind ended, in words: nothing is "done" of which nothing came."""

import pytest

from core.job_kinds import JOB_KINDS
from core.jobs.outcome import outcome_of
from models import Job, JobState
from web.run_command import exit_status

_COUNTERS = ("found", "done", "failed")
_FACES = ("with_mask", "without_mask", "incorrect")


def job(kind: str, state: JobState = JobState.DONE, *, faces: int = 0, **photos: int) -> Job:
    """A job with these counters, and others of 0."""
    counters = {f"photos_{name}": photos.get(name, 0) for name in _COUNTERS}
    of_faces = {f"faces_{name}": faces if name == "with_mask" else 0 for name in _FACES}
    return Job(kind=kind, state=state, **counters, **of_faces)


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        (job("predict", found=3, failed=3), "Done, no photo could be read"),
        (job("predict", found=3, done=1, failed=2), "Done"),
        (job("extract", found=2, failed=2), "Done, no photo could be read"),
        (job("extract"), "Done"),
        (job("dedup", found=2, failed=2), "Done, no photo could be read"),
        (job("crawl"), "Done, no picture was found"),
        (job("crawl", found=5, failed=5), "Done, no picture could be fetched"),
        (job("crawl", found=5, done=1, failed=4), "Done"),
        (job("import", found=4, failed=4), "Done, no photo could be imported"),
        (job("import", found=4, done=4), "Done, no face was labelled"),
        (job("import", found=4, done=3, failed=1, faces=2), "Done"),
    ],
)
def test_a_done_job_without_a_result_says_so(ended: Job, words: str) -> None:
    outcome = outcome_of(ended)
    assert (outcome.words, outcome.bad) == (words, words != "Done")


@pytest.mark.parametrize("kind", [kind.name for kind in JOB_KINDS])
def test_other_states_are_as_they_are(kind: str) -> None:
    for state in set(JobState) - {JobState.DONE}:
        outcome = outcome_of(job(kind, state, found=1, failed=1))
        assert (outcome.words, outcome.bad) == (state.value.capitalize(), state is JobState.FAILED)


def test_a_command_says_it_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(job("predict", found=3, failed=3)) == 1
    assert capsys.readouterr().err == "No photo could be read.\n"
    assert exit_status(job("import", found=4, done=4)) == 1
    assert capsys.readouterr().err == "No face was labelled.\n"
    assert exit_status(job("predict", found=3, done=2, failed=1)) == 1
    assert exit_status(job("predict", found=3, done=3)) == 0
    assert capsys.readouterr().err == ""
