"""Counts of the rate limits in Redis or Valkey, with one request to the broker where `limits` sends two."""

import threading
from typing import Any

from limits.storage import RedisStorage

#: Both scripts of `limits` as they are: count, then tell how the windows stand.
_SCRIPT = b"""
local arguments = ARGV
local function acquire()
%s
end
local function look()
local ARGV = {arguments[2]}
%s
end
local acquired = acquire() and 1 or 0
return {acquired, look()}
"""

#: Counts and seconds of the window before and of this one, as `get_sliding_window` answers them.
Windows = tuple[int, float, int, float]


class OneRequestStorage(RedisStorage):
    """Answers `get_sliding_window` from what the same thread's count of the same key brought."""

    def __init__(self, url: str, **options: Any) -> None:
        self._brought = threading.local()
        super().__init__(url, **options)

    def initialize_storage(self, uri: str) -> None:
        """Register the script; it is sent when it is first needed."""
        super().initialize_storage(uri)
        script = _SCRIPT % (self.SCRIPT_ACQUIRE_SLIDING_WINDOW, self.SCRIPT_SLIDING_WINDOW)
        self._count = self.get_connection().register_script(script)

    def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count, and keep how the windows stand."""
        keys = [
            self.prefixed_key(self._previous_window_key(key)),
            self.prefixed_key(self._current_window_key(key)),
        ]
        acquired, (before, before_left, now, now_left) = self._count(keys, [limit, expiry, amount])
        windows = int(before or 0), _seconds(before_left), int(now or 0), _seconds(now_left)
        self._brought.windows = key, windows
        return bool(acquired)

    def get_sliding_window(self, key: str, expiry: int) -> Windows:
        """How the windows stand."""
        known, windows = getattr(self._brought, "windows", ("", None))
        self._brought.windows = "", None
        if windows is not None and known == key:
            brought: Windows = windows
            return brought
        return super().get_sliding_window(key, expiry)


def _seconds(left: Any) -> float:
    """Of milliseconds; one less, since a window that was begun just now would seem to end at once."""
    return max(0.0, float(left or 0) - 1) / 1000
