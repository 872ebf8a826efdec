"""What an error means for one item of a batch: its own result, or the end of the attempt."""

import errno
import traceback

import structlog
from sqlalchemy.exc import SQLAlchemyError

from core.errors import InputError, PermanentError, StopWork, TransientError

log = structlog.get_logger()

#: The code of an error that no code foresaw.
UNEXPECTED = "unexpected_error"

#: Never an item's own: the next item would fail of the same.
_OF_ALL = (StopWork, TransientError, PermanentError, SQLAlchemyError, MemoryError)
#: One bug fills no disk.
_MOST_TRACEBACKS = 5
_OF_THE_MACHINE = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.ENOMEM}
)


class ItemErrors:
    """The errors of the items of one batch; thread-safe.

    Code that works through items catches every Exception of an item and asks for its `input_error`. What was
    not foreseen costs that item alone, and its traceback is logged. A bug that strikes every item is an error
    of the batch: `check` raises it.
    """

    def __init__(self) -> None:
        self._unexpected: list[Exception] = []

    @property
    def unexpected(self) -> int:
        """How many errors nobody foresaw."""
        return len(self._unexpected)

    def input_error(self, error: Exception, **item: object) -> InputError:
        """The error to store with the item; `item` names it in the log. Raises what is no item's own."""
        if isinstance(error, InputError):
            return error
        if isinstance(error, _OF_ALL) or (isinstance(error, OSError) and error.errno in _OF_THE_MACHINE):
            raise error
        self._unexpected.append(error)
        text = f"{type(error).__name__}: {str(error).partition(chr(10))[0] or 'no message'}"
        if len(self._unexpected) <= _MOST_TRACEBACKS:
            item["traceback"] = "".join(traceback.format_exception(error))
        log.error("item_failed", error=text, **item)
        return InputError(UNEXPECTED, text)

    def check(self, items: int) -> None:
        """Raise the first error if none of the batch's `items` was spared; call it before writing results."""
        if self._unexpected and len(self._unexpected) >= items:
            raise self._unexpected[0]
