"""Have an icrawler feeder write the address of one result page, without its threads."""

from collections.abc import Callable
from typing import Any

from icrawler import Feeder
from icrawler.utils import Signal


class _FirstAddress:
    """Stands in for the feeder's queue, and stops it after one address."""

    def __init__(self, signal: Signal) -> None:
        self._signal = signal
        self.address = ""

    def put(self, address: str, *_: Any, **__: Any) -> None:
        """Keep the first."""
        self.address = self.address or address
        self._signal.set(reach_max_num=True)


def page_address(feeder: Callable[..., Feeder], **asked: Any) -> str:
    """The first address that the feeder would feed for these arguments."""
    signal = Signal()
    signal.set(reach_max_num=False)
    made = feeder(1, signal, None)
    made.out_queue = queue = _FirstAddress(signal)
    made.feed(**asked)
    return queue.address
