"""Requests of jobs, made of the options models of the job kinds."""

from typing import Annotated, Any, Literal, Self, Union

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    RootModel,
    create_model,
    model_validator,
)

import core.job_kinds  # noqa: F401 (declares the kinds)
from core.errors import InputError
from core.jobs.kinds import JobKind, list_kinds
from core.jobs.options import JobOptions, require_known, unknown_name
from web.api_v1.schemas.base import Asked


def _request_of(kind: JobKind[Any]) -> type[BaseModel]:
    """The request of one kind: its name, a title, and its own options."""
    options: type[JobOptions] = kind.options
    model: type[BaseModel] = create_model(
        f"{kind.name.capitalize()}Job",
        __base__=Asked,
        __doc__=f"{kind.title}: a new job of this kind.",
        kind=(Literal[kind.name], ...),  # type: ignore[arg-type]
        title=(str, Field("", max_length=200, description="Empty: a title is made of the options.")),
        options=(options, ...),
    )
    return model


#: Kinds that a program can request: those that can be started from their stored options.
STARTABLE = tuple(kind for kind in list_kinds() if kind.runs_again)

_BODIES: Any = Union[tuple(_request_of(kind) for kind in STARTABLE)]  # noqa: UP007 - made at run time


class JobRequestBody(RootModel[Any]):
    """A new job of any kind."""

    model_config = ConfigDict(defer_build=True)

    root: Annotated[_BODIES, Field(discriminator="kind")]

    @model_validator(mode="wrap")
    @classmethod
    def _knows_every_option(cls, given: Any, build: ModelWrapValidatorHandler[Self]) -> Self:
        """Stored options may have names of another release; those of a request may not."""
        if isinstance(given, dict) and isinstance(given.get("kind"), str):
            require_known(given["kind"], _options_of(given["kind"]), given.get("options"))
        built = build(given)
        if isinstance(given, dict):
            unknown = unknown_name(built.root.options, given.get("options"))
            if unknown is not None:
                raise InputError("option_unknown", f"{built.root.kind} has no option {unknown!r}.")
        return built


def _options_of(name: str) -> type[JobOptions]:
    kind = next((kind for kind in STARTABLE if kind.name == name), None)
    if kind is None:
        names = ", ".join(sorted(kind.name for kind in STARTABLE))
        raise InputError("job_kind_unknown", f"There is no job kind {name!r} to request. Kinds: {names}.")
    return kind.options
