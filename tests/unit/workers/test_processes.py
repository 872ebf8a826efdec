"""Processes end without a search through all that they loaded."""

import subprocess
import sys

import pytest

#: A ring of objects, which only a search for garbage finds; it says so.
_RING = """
class Ring:
    def __del__(self):
        print("searched")
ring = Ring()
ring.ring = ring
del ring
"""
_ENDS = "from workers.processes import end_fast\nend_fast()\n"
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
