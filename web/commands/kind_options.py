"""`--option NAME=VALUE`, checked by the schema of the kind's options that the service itself publishes."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from core.errors import InputError
from web.commands.connection import Answer, Service

#: A piece of JSON Schema.
Schema = Mapping[str, Any]
_REF = "#/components/schemas/"


@dataclass(frozen=True, kw_only=True)
class KindSchema:
    """One kind that can be requested, and the document that its schemas stand in."""

    name: str
    title: str
    options: Schema
    schemas: Mapping[str, Schema]

    def fields(self) -> dict[str, Schema]:
        """The options by name."""
        found: dict[str, Schema] = self.resolve(self.options).get("properties", {})
        return found

    def resolve(self, schema: Schema) -> Schema:
        """The schema that a reference names, with what stands beside the reference."""
        if "$ref" not in schema:
            return schema
        named = self.schemas[schema["$ref"].removeprefix(_REF)]
        return {**named, **{key: value for key, value in schema.items() if key != "$ref"}}

    def choices(self, schema: Schema) -> list[Schema]:
        """What a value may be, without null."""
        schema = self.resolve(schema)
        listed = [self.resolve(each) for each in schema.get("anyOf", [schema])]
        return [each for each in listed if each.get("type") != "null"]


def read_kinds(service: Service) -> dict[str, KindSchema]:
    """The kinds that can be requested, by name."""
    schemas = service.read("/openapi.json")["components"]["schemas"]
    kinds = {}
    for schema in schemas.values():
        properties = schema.get("properties", {})
        name = properties.get("kind", {}).get("const")
        if name is not None and "options" in properties:
            title = schema.get("description", name).partition(":")[0]
            kinds[name] = KindSchema(name=name, title=title, options=properties["options"], schemas=schemas)
    return kinds


def find_kind(service: Service, name: str) -> KindSchema:
    """The kind with this name; InputError job_kind_unknown, which names those that there are."""
    kinds = read_kinds(service)
    if name not in kinds:
        raise InputError("job_kind_unknown", f"There is no job kind {name!r}. Kinds: {', '.join(kinds)}.")
    return kinds[name]


def parse_options(kind: KindSchema, given: Sequence[str]) -> Answer:
    """The options as the API takes them; lists value by value, deeper fields as `freeze.agreeing=2`.

    Raises InputError option_unknown or option_invalid.
    """
    options: Answer = {}
    for text in given:
        path, equals, value = text.partition("=")
        if not equals:
            raise InputError("option_invalid", f"Write an option as NAME=VALUE, not {text!r}.")
        _put(kind, options, path, value)
    return options


def _put(kind: KindSchema, options: Answer, path: str, value: str) -> None:
    place, fields = options, kind.fields()
    *outer, last = path.split(".")
    for name in outer:
        inner = next(iter(kind.choices(_field(kind, fields, name))), {})
        fields = kind.resolve(inner).get("properties", {})
        place = place.setdefault(name, {})
    schema = _field(kind, fields, last)
    listed = next((each for each in kind.choices(schema) if each.get("type") == "array"), None)
    if listed is None:
        place[last] = _parse(kind, path, schema, value)
    elif value.startswith("["):
        place[last] = _json(path, value)
    else:
        place.setdefault(last, []).append(_parse(kind, path, listed.get("items", {}), value))


def _field(kind: KindSchema, fields: Mapping[str, Schema], name: str) -> Schema:
    if name in fields:
        return fields[name]
    near = get_close_matches(name, fields, 1)
    hint = f"Did you mean {near[0]!r}?" if near else f"Its options: {', '.join(fields)}."
    raise InputError("option_unknown", f"{kind.name} has no option {name!r}. {hint}")


def _parse(kind: KindSchema, path: str, schema: Schema, value: str) -> Any:
    """A value by its type. A phrase of a crawl, an object with `text`, may be given as its text alone."""
    choices = kind.choices(schema)
    if value == "null" and choices != [kind.resolve(schema)]:
        return None
    for choice in choices:
        match choice.get("type"):
            case "object" if not value.startswith("{") and choice.get("required") == ["text"]:
                return {"text": value}
            case "string" | None:
                return _text(path, choice, value)
            case "object":
                return _json(path, value)
            case "boolean":
                return _boolean(path, value)
            case "integer" | "number":
                return _number(path, choice["type"], value)
    return value


def _text(path: str, choice: Schema, value: str) -> str:
    allowed = choice.get("enum", [choice["const"]] if "const" in choice else [value])
    if value not in allowed:
        raise _invalid(path, f"one of {', '.join(allowed)}", value)
    return value


def _boolean(path: str, value: str) -> bool:
    if value.lower() not in ("true", "false", "yes", "no", "1", "0"):
        raise _invalid(path, "true or false", value)
    return value.lower() in ("true", "yes", "1")


def _number(path: str, kind: str, value: str) -> float:
    try:
        return int(value) if kind == "integer" else float(value)
    except ValueError as error:
        raise _invalid(path, "a whole number" if kind == "integer" else "a number", value) from error


def _json(path: str, value: str) -> Any:
    try:
        return json.loads(value)
    except json.JSONDecodeError as error:
        raise _invalid(path, "JSON", value) from error


def _invalid(path: str, wanted: str, value: str) -> InputError:
    return InputError("option_invalid", f"{path} must be {wanted}, not {value!r}.")


def describe(kind: KindSchema) -> Iterator[Answer]:
    """Each option with its type, default and description."""
    for name, schema in kind.fields().items():
        resolved = kind.resolve(schema)
        yield {
            "name": name,
            "type": " or ".join(dict.fromkeys(_type_words(kind, each) for each in kind.choices(schema))),
            "default": resolved.get("default"),
            "description": resolved.get("description", ""),
        }


def _type_words(kind: KindSchema, choice: Schema) -> str:
    if "enum" in choice:
        return ", ".join(map(str, choice["enum"]))
    if choice.get("type") == "array":
        items = kind.choices(choice.get("items", {}))
        return f"list of {' or '.join(_type_words(kind, each) for each in items)}"
    bounds = [
        f"{words} {choice[key]}" for key, words in (("minimum", "from"), ("maximum", "to")) if key in choice
    ]
    return " ".join((str(choice.get("type", "any")), *bounds))
