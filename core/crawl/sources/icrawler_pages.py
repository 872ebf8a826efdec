"""Result pages by icrawler's feeders: the address of one page, without icrawler's threads, and its offset."""

from collections.abc import Callable, Sequence
from typing import Any

from icrawler import Feeder
from icrawler.utils import Signal

from core.crawl.source import Cursor, Hit, HitsPage


class _FirstAddress:
    """Replaces the feeder's queue, and stops the feeder after one address."""

    def __init__(self, signal: Signal) -> None:
        self._signal = signal
        self.address = ""

    def put(self, address: str, *_: Any, **__: Any) -> None:
        """Keep the first address."""
        self.address = self.address or address
        self._signal.set(reach_max_num=True)


def page_address(feeder: Callable[..., Feeder], **arguments: Any) -> str:
    """The first address that the feeder would feed for these arguments."""
    signal = Signal()
    signal.set(reach_max_num=False)
    one_page = feeder(1, signal, None)
    one_page.out_queue = queue = _FirstAddress(signal)
    one_page.feed(**arguments)
    return queue.address


def read_offset(cursor: Cursor | None) -> int:
    """The offset of the page to read, counted in results."""
    return int(str(cursor["offset"])) if cursor else 0


def page_at(offset: int, hits: Sequence[Hit], *, step: int, last: int, unreadable: int = 0) -> HitsPage:
    """The hits with the cursor of the next page; none after an empty page or after result `last`."""
    has_more = bool(hits) and offset + step < last
    following: Cursor | None = {"offset": offset + step} if has_more else None
    return HitsPage(hits=tuple(hits), cursor=following, unreadable=unreadable)
