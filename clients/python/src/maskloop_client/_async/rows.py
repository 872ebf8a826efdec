"""Long lists, read page by page."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from maskloop_client._async.sender import AsyncSender, Query
from maskloop_client.models.base import Model
from maskloop_client.tables import table_of

if TYPE_CHECKING:
    import pandas

RowT = TypeVar("RowT", bound=Model)
#: Rows of a page.
PAGE_SIZE = 200


class AsyncRows(Generic[RowT]):
    """The rows of a list; each iteration reads it from its beginning, one page at a time.

    `name` is the name of the list in an answer.
    """

    def __init__(
        self,
        sender: AsyncSender,
        path: str,
        row: type[RowT],
        name: str,
        *,
        query: Query | None = None,
        page_size: int = PAGE_SIZE,
    ) -> None:
        self._sender = sender
        self._path = path
        self._row = row
        self._name = name
        self._query = {**(query or {}), "limit": page_size}

    async def pages(self) -> AsyncIterator[list[RowT]]:
        """The rows in lists, as the service answers them."""
        cursor: str | None = None
        while True:
            response = await self._sender.send("GET", self._path, query={**self._query, "after": cursor})
            body = response.json()
            yield self._read_page(body)
            cursor = body.get("next")
            if cursor is None:
                return

    async def __aiter__(self) -> AsyncIterator[RowT]:
        """The rows."""
        async for page in self.pages():
            for row in page:
                yield row

    def _read_page(self, body: dict[str, Any]) -> list[RowT]:
        return [self._row.model_validate(row) for row in body[self._name]]

    async def to_list(self) -> list[RowT]:
        """All rows."""
        rows: list[RowT] = []
        async for page in self.pages():
            rows.extend(page)
        return rows

    async def to_pandas(self) -> "pandas.DataFrame":
        """All rows as a table; needs the extra `pandas`."""
        return table_of(self._row, await self.to_list())
