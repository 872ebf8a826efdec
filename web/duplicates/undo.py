"""The message about the last action, with its undo button; the action is in the query of the address."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import url_for

from core.number_text import plural


@dataclass(frozen=True, kw_only=True)
class Undo:
    """A message, and the form that undoes the action."""

    sentence: str
    #: None if there is nothing to undo.
    action: str | None = None
    #: Hidden fields of the form.
    fields: dict[str, str]


def read_undo(address: Mapping[str, str]) -> Undo | None:
    """Parse the query of an address; None without an action or with invalid values."""
    did, numbers = address.get("did", ""), _numbers(address.get("of", ""))
    if did == "hidden" and len(numbers) == 1:
        return Undo(
            sentence=f"The other photos of group {numbers[0]} are hidden.",
            action=url_for("duplicate_actions.reopen", group_id=numbers[0]),
            fields={},
        )
    if did == "apart" and len(numbers) == 2:
        return Undo(
            sentence="Marked as not the same picture.",
            action=url_for("duplicate_actions.back"),
            fields={"photo": str(numbers[0]), "kept": str(numbers[1])},
        )
    if did == "many" and len(numbers) == 1 and address.get("token", "").isalnum():
        count = numbers[0]
        return Undo(
            sentence=f"{plural(count, 'group')} {'is' if count == 1 else 'are'} accepted.",
            action=url_for("duplicate_actions.undo_many") if count else None,
            fields={"token": address["token"]},
        )
    return None


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split("-") if part.isdecimal()]
