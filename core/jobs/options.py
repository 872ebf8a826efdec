"""Base classes of options and payloads: checked at construction, stored as JSON."""

import dataclasses
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from core.errors import InputError


class JsonModel(BaseModel):
    """A frozen model of a JSON column; unknown keys, as from another release, are ignored."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        # Of requests, whose unknown names the API refuses.
        json_schema_extra={"additionalProperties": False},
    )

    def to_json(self) -> dict[str, Any]:
        """The JSON of the column: only values that differ from the defaults."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls.model_validate(stored)


class Options(JsonModel):
    """Options from outside; construction raises InputError option_invalid or the model's own code."""

    def __init__(self, **given: Any) -> None:
        try:
            super().__init__(**given)
        except ValidationError as error:
            raise InputError("option_invalid", _sentence(type(self), error.errors()[0])) from error

    def to_json(self) -> dict[str, Any]:
        """The JSON of `Job.options`."""
        return self.model_dump(mode="json")

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read what `to_json` of this or an older release wrote."""
        return cls(**stored)

    @classmethod
    def default_of(cls, name: str) -> Any:
        """The default of a field, for forms."""
        return cls.model_fields[name].get_default(call_default_factory=True)

    @classmethod
    def bounds_of(cls, name: str) -> tuple[Any, Any]:
        """Lowest and highest allowed value of a field; None if there is no bound."""
        metadata = cls.model_fields[name].metadata
        lowest = next((each.ge for each in metadata if hasattr(each, "ge")), None)
        highest = next((each.le for each in metadata if hasattr(each, "le")), None)
        return lowest, highest

    def with_changes(self, **changes: Any) -> Self:
        """A copy with these values, checked again."""
        return type(self)(**{name: getattr(self, name) for name in type(self).model_fields} | changes)


class JobOptions(Options):
    """Options of a job kind."""

    follow_up: tuple[str, ...] = Field(
        (), title="follow-up", description="Names of job kinds to request when this job is done."
    )

    def to_json(self) -> dict[str, Any]:
        """The JSON of `Job.options`, without `follow_up` if it is empty."""
        return self.model_dump(mode="json", exclude=None if self.follow_up else {"follow_up"})


def unknown_name(built: object, given: object) -> str | None:
    """The first name in `given`, the JSON that `built` was made of, that its models and dataclasses lack.

    Names of what lies deeper have the outer ones before them, as `freeze.agreeing`; None if all are known.
    """
    if isinstance(built, list | tuple) and isinstance(given, list | tuple):
        found = (unknown_name(*pair) for pair in zip(built, given, strict=False))
        return next((name for name in found if name is not None), None)
    known = _names_of(type(built))
    if known is None or not isinstance(given, Mapping):
        return None
    for name, value in given.items():
        if name not in known:
            return str(name)
        inner = unknown_name(getattr(built, known[name]), value)
        if inner is not None:
            return f"{name}.{inner}"
    return None


def require_known(whose: str, model: type[BaseModel], given: object) -> None:
    """Raise InputError option_unknown for a name in `given` that the model lacks, before it is built.

    Else a misspelt name would be told as the one that is missing.
    """
    known = _names_of(model) or {}
    for name in given if isinstance(given, Mapping) else ():
        if name not in known:
            near = get_close_matches(str(name), known, 1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise InputError("option_unknown", f"{whose} has no option {name!r}.{hint}")


def _names_of(model: type[object]) -> dict[str, str] | None:
    """The attributes by the names that JSON may use for them; None for a plain value."""
    if issubclass(model, BaseModel):
        fields = model.model_fields
        return {name: name for name in fields} | {
            field.alias: name for name, field in fields.items() if field.alias
        }
    if dataclasses.is_dataclass(model):
        return {field.name: field.name for field in dataclasses.fields(model)}
    return None


def _sentence(model: type[Options], error: ErrorDetails) -> str:
    """The error as a sentence, with the title and bounds of the field."""
    name = str(error["loc"][0]) if error["loc"] else "option"
    field = model.model_fields.get(name)
    title = (field.title if field is not None else None) or name.replace("_", " ")
    if field is not None and error["type"] in ("greater_than_equal", "less_than_equal"):
        lowest, highest = model.bounds_of(name)
    else:
        lowest = highest = None
    if lowest is not None and highest is not None:
        return f"The {title} must be between {lowest:,} and {highest:,}."
    return f"The {title} is not valid: {error['msg']}."
