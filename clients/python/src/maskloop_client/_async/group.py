"""The base of the operations of one topic."""

from collections.abc import Mapping
from typing import TypeVar

from maskloop_client._async.rows import PAGE_SIZE, AsyncRows
from maskloop_client._async.sender import AsyncSender, Query
from maskloop_client.models.base import Model

RowT = TypeVar("RowT", bound=Model)


class AsyncGroup:
    """Operations of one topic."""

    def __init__(self, sender: AsyncSender) -> None:
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
    ) -> AsyncRows[RowT]:
        """A long list, by the name of its rows in an answer."""
        return AsyncRows(self._sender, path, row, rows, query=query, page_size=page_size)

    async def _list(self, path: str, name: str, row: type[RowT]) -> list[RowT]:
        """A short list, which has no pages."""
        body = (await self._sender.send("GET", path)).json()
        return [row.model_validate(each) for each in body[name]]

    async def _remove(self, path: str, headers: Mapping[str, str] | None = None) -> None:
        await self._sender.send("DELETE", path, headers=headers)
