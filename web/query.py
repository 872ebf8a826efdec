"""Choices that an address makes."""

from enum import StrEnum
from typing import TypeVar

from flask import request

from core.errors import InputError

Choice = TypeVar("Choice", bound=StrEnum)


def chosen(kind: type[Choice], name: str) -> Choice | None:
    """The member that a query argument names; None without one, InputError option_invalid for another."""
    given = request.args.get(name, "")
    if not given:
        return None
    try:
        return kind(given)
    except ValueError as error:
        raise InputError("option_invalid", f"{name} cannot be {given!r}.") from error
