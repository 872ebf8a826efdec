"""The decoder raises nothing but InputError, however a file's bytes are changed."""

import math
import os
import random
import signal
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pytest

from benchmarks import fuzz
from benchmarks.fuzz import damaged, seeds
from core.detection.decode import decode_photo
from core.errors import InputError

ROUNDS = 150
FILES = seeds()


@pytest.mark.parametrize("kind", FILES)
def test_only_input_errors_are_raised(kind: str) -> None:
    chance = random.Random(kind)
    for _ in range(ROUNDS):
        try:
            photo = decode_photo(damaged(FILES[kind], chance), min_scale=chance.choice((1.0, 0.5, 0.2)))
        except InputError as error:
            assert error.code.isidentifier()
        else:
            assert photo.rgb.dtype == np.uint8


def test_a_file_that_ends_its_reader_is_counted_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the long run over damaged files does: `python -m benchmarks.fuzz`."""
    monkeypatch.setattr(fuzz, "read_files", _end_at_the_third)
    outcome = fuzz.Outcome()
    fuzz.fuzz_one_process([b"abc"], set(), random.Random(1), outcome, math.inf, tmp_path)
    assert (outcome.files, outcome.ended, outcome.ok) == (2, {"SIGKILL": 1}, False)
    assert len(list(tmp_path.iterdir())) == 1


def _end_at_the_third(pipe: Connection) -> None:
    for _ in range(2):
        pipe.recv_bytes()
        pipe.send_bytes(b"read JPEG")
    pipe.recv_bytes()
    os.kill(os.getpid(), signal.SIGKILL)
