"""Processes start and end without a search through all that they loaded."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from workers.start import start_command

#: A ring of objects, which only a search for garbage finds; it says so.
_RING = """
class Ring:
    def __del__(self):
        print("searched")
ring = Ring()
ring.ring = ring
del ring
"""
_ENDS = "from workers.processes import end_loading\nend_loading()\n"
_COMMAND = """
import click
from web.command_group import CommandGroup

@click.group(cls=CommandGroup)
def main():
    pass

@main.command()
def health():
    pass

main(["health"], standalone_mode=False)
"""


@pytest.mark.parametrize(("first", "said"), [("", "searched\n"), (_ENDS, ""), (_COMMAND, "")])
def test_no_garbage_is_searched_for_at_the_end(first: str, said: str) -> None:
    done = subprocess.run([sys.executable, "-c", first + _RING], capture_output=True, text=True, check=True)
    assert done.stdout == said


_PART = """
import gc, sys
print(gc.isenabled())
from workers.processes import end_loading
end_loading()
print(gc.isenabled(), gc.get_freeze_count() > 1000, __name__, *sys.argv[1:])
"""


def test_no_garbage_is_searched_for_while_a_part_loads(tmp_path: Path) -> None:
    (tmp_path / "part.py").write_text(_PART)
    path = os.pathsep.join((str(tmp_path), str(Path.cwd())))
    done = subprocess.run(
        start_command("part", "word"), env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True
    )
    assert done.stdout == "False\nTrue True __main__ word\n", done.stderr


@pytest.mark.parametrize(
    "module",
    [
        *("workers.tasks", "workers.tick", "workers.training.trainer", "workers.training.process"),
        *("workers.watching.process", "workers.live.server", "workers.drain", "web.server"),
    ],
)
def test_each_part_searches_once_it_is_loaded(module: str) -> None:
    """A part that did not would keep all garbage."""
    found = find_spec(module)
    assert found is not None and found.origin is not None
    assert "    end_loading()\n" in Path(found.origin).read_text()
