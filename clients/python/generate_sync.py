"""Write `_sync` of the client from `_async`: the same code without `async`.

`make client` runs it.

A test holds the written files against what this makes.
"""

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

PACKAGE = Path(__file__).parent / "src" / "maskloop_client"
ROOT = Path(__file__).resolve().parents[2]
#: Written by hand in both.
_BY_HAND = frozenset({"waiting.py"})
_NOTE = "# Made of `_async/{name}` by `generate_sync.py`: change that file, not this one.\n"
#: Longest first, where one is the beginning of another.
_REPLACED = (
    (r"\basync (def|with|for)\b", r"\1"),
    (r"\bawait ", ""),
    (r"\bAsync(?=[A-Z])", ""),
    (r"__a(enter|exit|iter|next)__", r"__\1__"),
    (r"\ba(close|read|iter_raw)\(", r"\1("),
    (r"\b_async\b", "_sync"),
    (r"\bwebsockets\.asyncio\b", "websockets.sync"),
    (r"\basynchronous\b", "synchronous"),
)


def write_sync(folder: Path) -> list[Path]:
    """Write the files of `_sync` that are made of `_async` into a folder, formatted; the written files."""
    written = []
    for path in sorted((PACKAGE / "_async").glob("*.py")):
        if path.name not in _BY_HAND:
            made = folder / path.name
            made.write_text(_NOTE.format(name=path.name) + _without_async(path.read_text("utf-8")), "utf-8")
            written.append(made)
    format_files(written, "I")
    return written


def format_files(files: Sequence[Path], rules: str) -> None:
    """Mend what these rules of ruff find, and format the files as the checkout is formatted."""
    for command in (("check", "--select", rules, "--fix"), ("format",)):
        ruff = [sys.executable, "-m", "ruff", *command, "--quiet", "--config", ROOT / "pyproject.toml"]
        subprocess.run([*ruff, *files], check=True)


def _without_async(text: str) -> str:
    for pattern, replacement in _REPLACED:
        text = re.sub(pattern, replacement, text)
    return text


def main() -> None:
    """Write the files, and remove those whose source is gone."""
    made = write_sync(PACKAGE / "_sync")
    for path in (PACKAGE / "_sync").glob("*.py"):
        if path not in made and path.name not in _BY_HAND:
            path.unlink()


if __name__ == "__main__":
    main()
