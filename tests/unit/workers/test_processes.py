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


#: Twenty threads hold memory at the same time; prints how many heaps they have.
_HEAPS = """
import ctypes, sys, threading
from workers.processes import share_heaps

held = threading.Barrier(21)

def hold():
    piece = bytearray(50_000)
    held.wait()
    held.wait()
    del piece

most = int(sys.argv[1])
if most:
    share_heaps(most)
threads = [threading.Thread(target=hold) for _ in range(20)]
for thread in threads:
    thread.start()
held.wait()
c = ctypes.CDLL(None)
c.fopen.restype = ctypes.c_void_p
file = c.fopen(b"/dev/stdout", b"w")
c.malloc_info(0, ctypes.c_void_p(file))
c.fclose(ctypes.c_void_p(file))
held.wait()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc alone has several heaps")
def test_threads_share_heaps() -> None:
    def count(most: int) -> int:
        command = [sys.executable, "-c", _HEAPS, str(most)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.count("<heap nr=")

    assert count(0) > 2
    assert count(2) == 2
