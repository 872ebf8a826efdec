# Made of `_async/group.py` by `generate_sync.py`: change that file, not this one.
"""The base of the operations of one topic."""

from collections.abc import Mapping
from typing import TypeVar

from maskloop_client._sync.rows import PAGE_SIZE, Rows
from maskloop_client._sync.sender import Query, Sender
from maskloop_client.models.base import Model

RowT = TypeVar("RowT", bound=Model)


class Group:
    """Operations of one topic."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def _rows(
        self,
        path: str,
        rows: str,
        row: type[RowT],
        /,
        *,
        page_size: int = PAGE_SIZE,
        query: Query | None = None,
    ) -> Rows[RowT]:
        """A long list, by the name of its rows in an answer."""
        return Rows(self._sender, path, row, rows, query=query, page_size=page_size)

    def _list(self, path: str, name: str, row: type[RowT]) -> list[RowT]:
        """A short list, which has no pages."""
        body = (self._sender.send("GET", path)).json()
        return [row.model_validate(each) for each in body[name]]

    def _remove(self, path: str, headers: Mapping[str, str] | None = None) -> None:
        self._sender.send("DELETE", path, headers=headers)
