"""Who reviews: the person, the browser tab, and the day it is there."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True)
class Reviewer:
    """One tab of one person; it holds faces, and two tabs of a person never hold the same one."""

    account_id: int
    #: Made by the browser for the tab, up to 36 characters.
    holder: str
    #: In the reviewer's own calendar.
    day: date
