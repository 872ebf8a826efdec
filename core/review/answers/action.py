"""A reviewer's tab, and one action as the browser sends it, with a unique key so that it applies once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Self

from core.errors import InputError
from models import Choice, read_choice


@dataclass(frozen=True, kw_only=True)
class Reviewer:
    """One browser tab of one person; two tabs never hold the same item."""

    account_id: int
    #: Random id of the tab, up to 36 characters.
    holder: str
    #: The date in the reviewer's time zone.
    day: date


_KEY = re.compile(r"[0-9a-zA-Z-]{8,36}")
_MOST_ITEMS = 1_000


class ActionKind(StrEnum):
    """Actions on items."""

    DECIDE = "decide"
    #: Replace one's own decision.
    CHANGE = "change"
    UNDO = "undo"
    SKIP = "skip"
    #: Lease a skipped item again.
    TAKE = "take"
    FLAG = "flag"
    UNFLAG = "unflag"
    #: Decide a page of the grid; items without an answer are left out.
    PAGE = "page"
    UNDO_PAGE = "undo_page"


@dataclass(frozen=True, kw_only=True)
class Action:
    """One action; `choices` maps item ids to answers, with None for items left out of a page.

    Raises InputError action_invalid if something is missing.
    """

    key: str
    kind: ActionKind
    choices: Mapping[int, Choice | None]
    milliseconds: int | None = None
    #: The key of the page to undo.
    page_key: str | None = None

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.key) or len(self.choices) > _MOST_ITEMS:
            raise _invalid()
        single = self.kind not in (ActionKind.PAGE, ActionKind.UNDO_PAGE)
        if single and len(self.choices) != 1:
            raise _invalid()
        if self.kind in (ActionKind.DECIDE, ActionKind.CHANGE) and None in self.choices.values():
            raise _invalid()
        if self.kind is ActionKind.UNDO_PAGE and not self.page_key:
            raise _invalid()

    @classmethod
    def from_json(cls, sent: Any) -> Self:
        """Read one action of a request; raises InputError action_invalid."""
        try:
            items = sent["items"]
            return cls(
                key=str(sent["key"]),
                kind=ActionKind(sent["kind"]),
                choices={int(item): read_choice(sent) if sent else None for item, sent in items.items()},
                milliseconds=_milliseconds(sent.get("ms")),
                page_key=sent.get("page"),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _invalid() from error


def _milliseconds(value: Any) -> int | None:
    return None if value is None else min(max(0, int(value)), 2**31 - 1)


def _invalid() -> InputError:
    return InputError("action_invalid", "The browser sent an invalid review action.")
