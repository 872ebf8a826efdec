"""Every process that works on jobs knows all job kinds from its first line on."""

import subprocess
import sys

import pytest

_CHECK = "import {0}; from core.jobs.kinds import list_kinds; print(len(list_kinds()))"


@pytest.mark.parametrize(
    "entry",
    ["workers.tick", "workers.tasks", "workers.drain", "workers.training.trainer",
     "workers.training.process", "web.factory"],
)  # fmt: skip
def test_the_process_declares_the_kinds(entry: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _CHECK.format(entry)], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) >= 12
