"""docs/bad-input.md lists every code of reading photos, and no other."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[4]
SOURCES = [
    *(ROOT / "core" / "detection" / f"{name}.py" for name in ("decode", "signature")),
    *(
        ROOT / "core" / "library" / "files" / f"{name}.py"
        for name in ("folder", "reading", "archive", "archive_member", "store")
    ),
]
_CODE = re.compile(
    r"(archive|photo|file|folder|symlink|disk|stored|store|not_an|empty|format|too_many)_[a-z_]*[a-z]"
)


def codes_in(source: Path) -> set[str]:
    """String constants that look like codes."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    strings = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {text for text in strings if isinstance(text, str) and _CODE.fullmatch(text)}


def test_documented_codes_are_those_of_the_code() -> None:
    raised = set().union(*(codes_in(source) for source in SOURCES))
    text = (ROOT / "docs" / "bad-input.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    assert documented == raised
