"""What a server answered."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import TransientError


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A whole answer with status 200; `content` and `url` are named as icrawler's parsers read them."""

    #: The address that answered in the end, behind all redirects.
    url: str
    status: int
    #: Names in lower case.
    headers: Mapping[str, str]
    content: bytes

    @property
    def text(self) -> str:
        """The content as UTF-8, whatever is wrong replaced."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The content as JSON; TransientError source_answer_unknown."""
        try:
            return json.loads(self.content)
        except ValueError as error:
            raise TransientError(
                "source_answer_unknown", "The source answered something unreadable."
            ) from error
