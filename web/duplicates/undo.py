"""What was just done with duplicates and can be taken back: told in the address of the page that follows."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import url_for


@dataclass(frozen=True, kw_only=True)
class Undo:
    """A sentence, and the form that takes it back."""

    sentence: str
    #: None where there is nothing to take back.
    action: str | None = None
    #: Hidden fields of the form.
    fields: dict[str, str]


def read_undo(address: Mapping[str, str]) -> Undo | None:
    """From the query of an address; None where nothing was done or it does not read."""
    did, numbers = address.get("did", ""), _numbers(address.get("of", ""))
    if did == "hidden" and len(numbers) == 1:
        return Undo(
            sentence=f"The other photos of group {numbers[0]} are hidden.",
            action=url_for("duplicate_actions.reopen", group_id=numbers[0]),
            fields={},
        )
    if did == "apart" and len(numbers) == 2:
        return Undo(
            sentence="Remembered: not the same picture.",
            action=url_for("duplicate_actions.back"),
            fields={"photo": str(numbers[0]), "kept": str(numbers[1])},
        )
    if did == "many" and len(numbers) == 1 and address.get("token", "").isalnum():
        count = numbers[0]
        return Undo(
            sentence=f"{count:,} {'group is' if count == 1 else 'groups are'} accepted.",
            action=url_for("duplicate_actions.undo_many") if count else None,
            fields={"token": address["token"]},
        )
    return None


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split("-") if part.isdecimal()]
