"""The child process: a file costs it alone, and it ends with its limits or a cancel."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest

from benchmarks.onnx_classifier import SIDE, mean_weights, onnx_bytes
from core.detection.card import Runtime
from core.detection.network import load_network
from core.errors import InputError
from core.training.importing import isolated
from core.training.importing.folder import CheckRequest, ImportFolder, ModelFormat
from core.training.importing.isolated import check_isolated
from core.training.importing.options import ImportVersionOptions
from core.training.importing.trial import trial_crops
from models import Label
from tests.model_files import keras_bytes
from tests.unit.training.importing.test_onnx import takes_too_much_memory

THREE = (Label.WITHOUT_MASK, Label.WITH_MASK, Label.INCORRECT)


def ask(path: Path, data: bytes, fmt: ModelFormat = ModelFormat.ONNX) -> tuple[ImportFolder, CheckRequest]:
    folder = ImportFolder(path=path)
    folder.model.write_bytes(data)
    return folder, CheckRequest(format=fmt, options=ImportVersionOptions(upload_id=1, labels=THREE))


def refused_by(path: Path, program: str, monkeypatch: pytest.MonkeyPatch, seconds: float = 60) -> str:
    """The code where the child runs this program instead of the check."""
    monkeypatch.setattr(isolated, "_COMMAND", ("-c", program))
    folder, request = ask(path, onnx_bytes(3))
    with pytest.raises(InputError) as refused:
        check_isolated(folder, request, check=lambda: None, seconds=seconds)
    return refused.value.code


def test_a_keras_file_becomes_a_litert_file_with_the_same_answers(tmp_path: Path) -> None:
    folder, request = ask(tmp_path, keras_bytes(), ModelFormat.KERAS)
    found = check_isolated(folder, request, check=lambda: None)
    assert (found.runtime, found.side, found.batch, found.probabilities) == (Runtime.LITERT, SIDE, 1, True)
    network = load_network(folder.classifier(Runtime.LITERT), Runtime.LITERT, threads=1)
    crops = trial_crops(SIDE)
    logits = np.concatenate([network.logits(crop) for crop in crops])
    scores = crops.astype(np.float32).mean(axis=(1, 2)) @ (mean_weights(3) / 255)
    wanted = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    # In the order of `Label`.
    assert np.exp(logits) == pytest.approx(wanted[:, [1, 0, 2]], abs=1e-4)


def test_too_much_memory_ends_the_child_alone(tmp_path: Path) -> None:
    folder, request = ask(tmp_path, takes_too_much_memory())
    with pytest.raises(InputError) as refused:
        check_isolated(folder, request, check=lambda: None)
    assert refused.value.code in ("model_memory", "model_unreadable", "model_crashed")


def test_an_endless_check_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused_by(tmp_path, "while True: pass", monkeypatch, seconds=0.3) == "model_timeout"


def test_computing_without_end_is_ended_by_the_kernel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = (
        "from core.training.importing import limits\n"
        "limits.CPU_SECONDS = 1\n"
        "limits.limit_this_process()\n"
        "while True: pass"
    )
    assert refused_by(tmp_path, program, monkeypatch) == "model_timeout"


def test_a_child_that_dies_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused_by(tmp_path, "import os; os.kill(os.getpid(), 11)", monkeypatch) == "model_crashed"


@pytest.mark.parametrize("written", ["", "{", '{"code": "x", "message": 1}', "[" * 9999])
def test_what_the_child_writes_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    program = f"open('result.json', 'w').write({written!r})"
    assert refused_by(tmp_path, program, monkeypatch) == "model_crashed"


def test_a_cancel_ends_the_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lease is lost while the child works: the error passes, and no child is left."""
    program = "import os; open('pid', 'w').write(str(os.getpid())); import signal; signal.pause()"
    monkeypatch.setattr(isolated, "_COMMAND", ("-c", program))
    folder, request = ask(tmp_path, onnx_bytes(3))
    pid = tmp_path / "pid"

    def lose() -> None:
        if pid.exists() and pid.read_text():
            raise InterruptedError

    with pytest.raises(InterruptedError):
        check_isolated(folder, request, check=lose)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), signal.SIGCONT)


def test_the_child_gets_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASKLOOP_SECRET_KEY", "hidden")
    program = "import os, json; open('seen', 'w').write(json.dumps(dict(os.environ)))"
    refused_by(tmp_path, program, monkeypatch)
    assert "hidden" not in (tmp_path / "seen").read_text()
