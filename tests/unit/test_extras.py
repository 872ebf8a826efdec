"""Each extra comes by one command, which messages name and which installs what the extra asks for."""

import re
import tomllib
from pathlib import Path

import pytest

from core.review.extra import INSTALL_COMMAND as REVIEW
from core.review.extra import missing_extra
from core.training.job_kind import INSTALL_COMMAND as TRAIN

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("extra", "command"), [("train", TRAIN), ("review", REVIEW)])
def test_the_command_installs_the_extra(extra: str, command: str) -> None:
    target = command.removeprefix("make ")
    makefile = (ROOT / "Makefile").read_text()
    assert re.search(rf"^{target}: \$\(VENV\)/\.{extra}$", makefile, re.M)
    assert f"-r requirements/{extra}.lock" in makefile
    locked = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements" / f"{extra}.lock").read_text(), re.M))
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"][extra]
    assert {re.match(r"[\w-]+", one)[0] for one in asked} <= locked


def test_the_message_names_the_command() -> None:
    assert REVIEW in missing_extra().message
