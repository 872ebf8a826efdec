"""Write the client's models from the service's OpenAPI document: a class for each object of its answers.

`make client` runs it.

Fields of an enumeration are texts, since a later release may have more values. A test holds the written files
against what this makes.
"""

import json
import keyword
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from generate_sync import PACKAGE, ROOT, format_files

Schema = dict[str, Any]
FOLDER = PACKAGE / "models"
#: Written by hand.
_BY_HAND = frozenset({"base.py"})
#: The module of what operations of several tags answer.
_SHARED = "shared"
_WIDTH = 100
#: Fields that two objects share by chance do not make one the base of the other.
_LEAST_OF_BASE = 5
_HEAD = '''# Made of the OpenAPI document by `generate_models.py`.
"""What operations answer: {tag}."""

import datetime as dt
from typing import Any

from pydantic import Field

from maskloop_client.models.base import Model
{imports}
'''
_PACKAGE = '''# Made of the OpenAPI document by `generate_models.py`.
"""What the service answers, by topic; fields of later releases are kept, see `model_extra`."""

{imports}

__all__ = {names}
'''
_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_FORMATS = {"date-time": "dt.datetime", "date": "dt.date"}


class Document:
    """The schemas of an OpenAPI document, and which tags answer them."""

    def __init__(self, document: Schema) -> None:
        self._schemas: dict[str, Schema] = document["components"]["schemas"]
        self._paths: Schema = document["paths"]

    def modules(self) -> dict[str, list[str]]:
        """The names of the models of each module, what others are made of first."""
        tags: dict[str, set[str]] = {}
        for tag, name in self._answers():
            for each in self._reached(name):
                tags.setdefault(each, set()).add(tag)
        modules: dict[str, list[str]] = {}
        for name, found in tags.items():
            if not self._is_page(name):
                tag = found.pop() if len(found) == 1 else _SHARED
                modules.setdefault(tag.replace("-", "_"), []).append(name)
        shared = modules.get(_SHARED, [])
        self._bases = {
            name: self._find_base(name, [*names, *shared]) for names in modules.values() for name in names
        }
        return {tag: self._ordered(modules[tag]) for tag in sorted(modules)}

    def _find_base(self, name: str, names: list[str]) -> str | None:
        """The largest of these objects that has nothing but fields of this one."""
        fields = {other: self._schemas[other]["properties"] for other in names}
        found = [
            other
            for other in names
            if len(fields[other]) >= _LEAST_OF_BASE
            and all(fields[name].get(each) == schema for each, schema in fields[other].items())
            and len(fields[other]) < len(fields[name])
        ]
        return max(found, key=lambda other: len(fields[other]), default=None)

    def _ordered(self, names: list[str]) -> list[str]:
        """The names, each after its base and what it is made of."""
        ordered: dict[str, None] = {}

        def add(name: str) -> None:
            base = self._bases[name]
            for each in ([base] if base else []) + self._reached(name)[:-1]:
                if each in names and each not in ordered:
                    add(each)
            ordered[name] = None

        for name in names:
            add(name)
        return [*ordered]

    def _answers(self) -> Iterator[tuple[str, str]]:
        """The tag and the model of each operation's good answer."""
        for path in self._paths.values():
            for operation in path.values():
                for status, answer in operation["responses"].items():
                    if status.startswith("2"):
                        models = _references(answer.get("content", {}))
                        yield from ((operation["tags"][0], name) for name in models)

    def _reached(self, name: str) -> list[str]:
        """The objects that a schema is made of, and itself last; enumerations are texts."""
        found: list[str] = []
        for each in _references(self._schemas[name]):
            if each != name:
                found += (one for one in self._reached(each) if one not in found)
        return [*found, name] if "properties" in self._schemas[name] else found

    def _is_page(self, name: str) -> bool:
        """Whether it is a list and its cursor alone, which `Rows` reads."""
        fields = self._schemas[name]["properties"]
        lists = [field for field in fields.values() if field.get("type") == "array"]
        return len(lists) == 1 and not fields.keys() - {"next"} - {n for n, f in fields.items() if f in lists}

    def class_text(self, name: str) -> str:
        """The class of an object."""
        schema = self._schemas[name]
        text = textwrap.fill(schema.get("description", f"{name}."), _WIDTH).replace("\n", "\n    ")
        base = self._bases[name]
        inherited = self._schemas[base]["properties"] if base else ()
        lines = [f"class {name}({base or 'Model'}):", f'    """{text}"""', ""]
        for field, values in schema["properties"].items():
            if field not in inherited:
                lines += self._field(field, values, required=field in schema.get("required", ()))
        return "\n".join(lines) + "\n"

    def _field(self, name: str, schema: Schema, *, required: bool) -> Iterator[str]:
        told = [schema.get("description", ""), self._values(schema)]
        for line in textwrap.wrap(" ".join(filter(None, told)), _WIDTH):
            yield f"    #: {line}"
        kind = self._type(schema)
        optional = "" if required else " = None"
        kind = kind if required or kind.endswith("None") or kind == "Any" else f"{kind} | None"
        if keyword.iskeyword(name):
            optional = f' = Field({"" if required else "None, "}alias="{name}")'
            name += "_"
        yield f"    {name}: {kind}{optional}"

    def _values(self, schema: Schema) -> str:
        """The values of an enumeration as a sentence."""
        values = [
            str(value)
            for name in _references({key: schema[key] for key in ("$ref", "anyOf") if key in schema})
            for value in self._schemas[name].get("enum", ())
        ]
        return f"One of {', '.join(values)}." if values else ""

    def _type(self, schema: Schema) -> str:
        if "$ref" in schema:
            name = _name_of(schema["$ref"])
            return name if "properties" in self._schemas[name] else self._type(self._schemas[name])
        if "anyOf" in schema or "oneOf" in schema:
            kinds = dict.fromkeys(self._type(each) for each in schema.get("anyOf") or schema["oneOf"])
            return "Any" if "Any" in kinds else " | ".join(sorted(kinds, key=lambda kind: kind == "None"))
        if "const" in schema:
            return type(schema["const"]).__name__
        if schema.get("type") == "array":
            return f"list[{self._type(schema.get('items', {}))}]"
        if schema.get("type") == "object":
            values = schema.get("additionalProperties")
            return f"dict[str, {self._type(values) if isinstance(values, dict) else 'Any'}]"
        return _FORMATS.get(schema.get("format", ""), _PLAIN.get(schema.get("type", ""), "Any"))


def _name_of(reference: str) -> str:
    return reference.rpartition("/")[2]


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            yield _name_of(part["$ref"])
        for value in part.values():
            yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)


def write_models(document: Schema, folder: Path) -> list[Path]:
    """Write a module for each tag, and one that names them all, into a folder; the written files."""
    source = Document(document)
    modules = source.modules()
    texts = {
        tag: _module_text(source, tag, names, modules.get(_SHARED, [])) for tag, names in modules.items()
    }
    texts["__init__"] = _PACKAGE.format(
        imports="\n".join(_import(tag, names) for tag, names in modules.items()),
        names=sorted(name for names in modules.values() for name in names),
    )
    written = [folder / f"{tag}.py" for tag in texts]
    for path, text in zip(written, texts.values(), strict=True):
        path.write_text(text, "utf-8")
    format_files([path for path in written if path.stem != "__init__"], "I,F401")
    format_files(written, "I")
    return written


def _module_text(source: Document, tag: str, names: list[str], shared: list[str]) -> str:
    classes = "\n\n".join(source.class_text(name) for name in names)
    imports = _import(_SHARED, shared) if shared and tag != _SHARED else ""
    return _HEAD.format(tag=tag.replace("_", " "), imports=imports) + "\n\n" + classes


def _import(module: str, names: list[str]) -> str:
    return f"from maskloop_client.models.{module} import {', '.join(names)}"


def read_service_document() -> Schema:
    """The document of the service that this checkout holds."""
    sys.path.insert(0, str(ROOT))
    from core.settings import Settings
    from web.api_v1.document import read_document
    from web.factory import create_app

    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(data=Path(folder)))
        with app.test_request_context():
            document: Schema = json.loads(json.dumps(read_document()))
    return document


def main() -> None:
    """Write the files, and remove those whose tag is gone."""
    made = write_models(read_service_document(), FOLDER)
    for path in FOLDER.glob("*.py"):
        if path not in made and path.name not in _BY_HAND:
            path.unlink()


if __name__ == "__main__":
    main()
