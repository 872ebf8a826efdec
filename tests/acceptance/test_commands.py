"""Commands without a service as a person uses them: one that is killed loses nothing."""

import json
import signal
import subprocess
from pathlib import Path

import pytest

from core.database import Database
from core.settings import Settings
from models import Job
from tests.acceptance.service import MASKLOOP, wait_until
from tests.acceptance.test_run_command import command_settings, run  # noqa: F401 (a fixture)

pytestmark = pytest.mark.slow


def test_the_work_of_a_killed_command_is_taken_up_by_the_next(
    command_settings: Settings,  # noqa: F811
    four_hundred: Path,
) -> None:
    settings = command_settings.with_changes(allowed_roots=str(four_hundred), lease_seconds=2.0)
    env = settings.to_child_env()
    words = [MASKLOOP, "submit", "predict", "-o", f"folder={four_hundred / '0'}", "--wait", "--quiet"]
    command = subprocess.Popen(words, env=env, stdout=subprocess.DEVNULL)
    db = Database(settings.sql_url)

    def begun() -> bool:
        if not (settings.data / "maskloop.sqlite").exists():
            return False
        with db.read() as session:
            try:
                job = session.get(Job, 1)
            except Exception:
                # The tables are not there yet.
                return False
            return job is not None and job.photos_done >= 8

    wait_until(begun, seconds=60, what="the first photos")
    command.send_signal(signal.SIGKILL)
    command.wait(10)
    db.dispose()
    said = run(settings, "1", "--json", "--quiet", command="watch")
    assert said.returncode == 0, said.stderr
    job = json.loads(said.stdout)
    assert (job["state"], job["photos"]["done"], job["photos"]["failed"]) == ("done", 100, 0)
    assert run(settings, "9", command="watch").returncode == 4
