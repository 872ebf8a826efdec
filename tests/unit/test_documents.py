"""Documents name files, folders and commands that exist."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "clients" / "python" / "README.md"]
_TOPS = "core|web|workers|models|tests|docs|migrations|benchmarks|clients"
_PLACE = re.compile(rf"`((?:{_TOPS})/[\w./-]*)(?::\w+)?`")
_LINK = re.compile(r"\]\(([\w./-]+\.(?:md|png))\)")
_MODULE = re.compile(r"python -m ((?:core|workers|web|benchmarks)[\w.]*)")


def missing(document: Path, text: str) -> Iterator[str]:
    """What a document names and the tree does not have; TOPIC and NAME are placeholders."""
    places = [ROOT / place for place in _PLACE.findall(text) if not re.search(r"\b[A-Z]{4,}\b", place)]
    places += [document.parent / link for link in _LINK.findall(text)]
    for place in places:
        if not place.exists():
            yield str(place)
    for module in _MODULE.findall(text):
        path = ROOT / module.replace(".", "/")
        if not (path.with_suffix(".py").exists() or (path / "__main__.py").exists()):
            yield module


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_document_names_exists(document: Path) -> None:
    assert list(missing(document, document.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("text", ["`core/gone.py`", "[it](docs/gone.md)", "`python -m core.gone`"])
def test_what_is_gone_is_found(text: str) -> None:
    assert len(list(missing(ROOT / "README.md", text))) == 1
