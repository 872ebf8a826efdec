"""A fit that is killed in the middle of an epoch resumes after its last finished one."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.training.network.canvas import CANVAS_SIDE, Canvas, write_canvases
from models.label import Label
from tests.training import Late, need_training

need_training()
killed = Late("tests.unit.release.killed_fit")

ROOT = Path(__file__).parents[3]


@pytest.fixture
def canvases(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    folder = tmp_path / "canvases"
    folder.mkdir()
    write_canvases(
        (
            Canvas(
                pixels=rng.integers(255, size=(CANVAS_SIDE, CANVAS_SIDE, 3), dtype=np.uint8),
                label=list(Label)[index % 4],
                split="train",
                source="photos",
                face_size=50.0,
                picture=index,
            )
            for index in range(16)
        ),
        folder,
    )
    return folder


def _start(canvases: Path, out: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.unit.release.killed_fit", str(canvases), str(out)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_fit_killed_in_an_epoch_goes_on_after_the_last_whole_one(
    canvases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    with _start(canvases, out) as first:
        assert first.stdout is not None
        line = ""
        while not line.startswith("epoch 2 of 4"):
            line = first.stdout.readline()
            assert line, "the fit ended by itself"
        # Its third epoch has begun.
        first.send_signal(signal.SIGKILL)
    assert first.returncode == -signal.SIGKILL
    kept = json.loads((out / "fit.json").read_text())["epochs"]
    assert kept in (1, 2), "the second epoch's weights may not have been renamed yet"

    killed.fit_canvases(canvases, out)
    text = capsys.readouterr().out
    assert "begins anew" not in text
    epochs = [int(number) for number in re.findall(r"^epoch (\d) of 4", text, re.MULTILINE)]
    assert epochs == list(range(kept + 1, 5))
