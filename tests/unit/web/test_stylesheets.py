"""Style sheets: one file a block, and each of them linked."""

import re
from collections import defaultdict
from pathlib import Path

from flask import Flask

FOLDER = Path(__file__).resolve().parents[3] / "web" / "static" / "css"
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SELECTORS = re.compile(r"(?:^|[}{])\s*([^{}@]+)\{")
_BLOCK = re.compile(r"\.[a-z][a-z0-9-]*(?:__[a-z0-9-]+)?")


def test_no_two_files_style_one_class() -> None:
    places: dict[str, set[str]] = defaultdict(set)
    for path in FOLDER.glob("*.css"):
        for selectors in _SELECTORS.findall(_COMMENT.sub("", path.read_text())):
            for selector in map(str.strip, selectors.split(",")):
                if _BLOCK.fullmatch(selector):
                    places[selector].add(path.name)
    assert {name: files for name, files in places.items() if len(files) > 1} == {}


def test_every_sheet_is_linked(app: Flask) -> None:
    linked = app.jinja_env.globals["stylesheets"]
    assert sorted(linked) == sorted(path.stem for path in FOLDER.glob("*.css"))
