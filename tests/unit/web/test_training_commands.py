"""`maskloop train` and `maskloop compare` say what is missing before they do anything."""

from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner

from core.training import installed
from web.cli import main


@pytest.mark.parametrize("command", [["train"], ["compare", "1"]])
def test_without_tensorflow_the_command_to_install_it_is_said(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        installed, "find_spec", lambda name: None if name == "tensorflow" else find_spec(name)
    )
    said = CliRunner().invoke(main, command, env={"MASKLOOP_DATA": str(tmp_path / "data")})
    assert said.exit_code == 2
    assert "training_not_installed" in said.stderr and "make install-train" in said.stderr
    assert not (tmp_path / "data").exists()
