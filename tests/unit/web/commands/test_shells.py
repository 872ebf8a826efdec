"""Completion in real shells: bash, zsh and fish run in a terminal, and somebody presses Tab."""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from core.settings import Settings
from tests.conftest import need

_DEADLINE = 60.0
#: What moves the cursor and sets colours and titles.
_CONTROLS = r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[=>]|\x1b\][^\x07]*\x07"
#: How each shell starts without files of its user, and reads what `maskloop completion` prints.
_SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "eval \"$(maskloop completion bash)\"; PS1='ready> '"),
    "zsh": (
        ["zsh", "-f", "-i"],
        'autoload -U compinit; compinit -u -D; eval "$(maskloop completion zsh)"; PS1="ready> "',
    ),
    "fish": (
        ["fish", "--no-config", "-i"],
        "maskloop completion fish | source; function fish_prompt; printf 'ready> '; end",
    ),
}


class Terminal:
    """A shell in a terminal; `text` is what it has written, without what moves the cursor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.text = ""

    def type(self, keys: str, *, keeps: bool = False) -> None:
        """Press these keys; `keeps` what was written before."""
        self.text = self.text if keeps else ""
        os.write(self._descriptor, keys.encode())

    def wait_for(self, pattern: str) -> None:
        """Read until the text has it."""
        until = time.monotonic() + _DEADLINE
        while not re.search(pattern, self.text):
            assert time.monotonic() < until, f"{pattern!r} never came: {self.text[-500:]!r}"
            if select.select([self._descriptor], [], [], 0.2)[0]:
                written = os.read(self._descriptor, 4096).decode("utf-8", "replace")
                self.text += re.sub(
                    r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[=>]|\x1b\][^\x07]*\x07", "", written
                )


@contextmanager
def _shell(name: str, environment: dict[str, str]) -> Iterator[Terminal]:
    command, setting_up = _SHELLS[name]
    leader, follower = pty.openpty()
    # fish wants the terminal to be its own.
    process = subprocess.Popen(
        command, env=environment, pass_fds=(follower,), preexec_fn=lambda: os.login_tty(follower)
    )
    os.close(follower)
    terminal = Terminal(leader)
    try:
        terminal.type(f"{setting_up}\n")
        terminal.wait_for(r"(?m)^ready> |\rready> ")
        yield terminal
    finally:
        process.kill()
        process.wait()
        with suppress(OSError):
            os.close(leader)


@pytest.mark.parametrize("name", _SHELLS)
def test_tab_completes_commands_and_options_of_kinds(name: str, healthy: Settings, tmp_path: Path) -> None:
    need(shutil.which(name), name)
    environment = {
        **healthy.to_child_env(),
        "HOME": str(tmp_path),
        "TERM": "dumb" if name == "bash" else "xterm",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    with _shell(name, environment) as terminal:
        terminal.type("maskloop pau\t")
        terminal.wait_for("pause ")
        # Ctrl-U: the line is empty again.
        terminal.type("\x15maskloop submit predict -o smallest_f\t")
        terminal.wait_for("smallest_face=")
        # The value follows without a space.
        terminal.type("24", keeps=True)
        terminal.wait_for(r"2[\r\x08]*4")
        assert re.search(r"smallest_face=[\r\x08]*2[\r\x08]*4", terminal.text), repr(terminal.text)
