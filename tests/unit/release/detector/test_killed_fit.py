"""A fit of the detector that is killed resumes at its last checkpoint."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.training.detector.scene_store import write_scenes
from tests.training import Late, need_training
from tests.unit.training.detector.discs import scene

need_training()
killed = Late("tests.unit.release.detector.killed_fit")

ROOT = Path(__file__).parents[4]


def _start(scenes: Path, out: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.unit.release.detector.killed_fit", str(scenes), str(out)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_killed_fit_goes_on_after_its_last_checkpoint(tmp_path: Path) -> None:
    scenes, out = tmp_path / "scenes", tmp_path / "out"
    scenes.mkdir()
    write_scenes([scene(index) for index in range(6)], scenes)
    with _start(scenes, out) as first:
        assert first.stdout is not None
        line = ""
        while not line.startswith('{"step": 5,'):
            line = first.stdout.readline()
            assert line, "the fit ended by itself"
        first.send_signal(signal.SIGKILL)
    assert first.returncode == -signal.SIGKILL

    printed: list[str] = []
    killed.fit_scenes(scenes, out, printed.append)
    done_again = [json.loads(line)["step"] for line in printed]
    assert done_again[0] in (4, 7), "after the third step's checkpoint, or the sixth's if that was written"
    assert done_again == list(range(done_again[0], 13))
    steps = [json.loads(line)["step"] for line in (out / "fit.jsonl").read_text().splitlines()]
    assert steps == list(range(1, 13)), "each step once"
