"""Every error that Maskloop raises on purpose, with a stable code that pages, API and reports show.

MaskloopError
├── InputError       what the user gave is bad: said once, never retried
├── TransientError   may succeed when tried again: the disk is full, the database is locked
└── PermanentError   cannot succeed as things are: weights are missing, a setting is wrong
"""


class MaskloopError(Exception):
    """Base of all; `code` is stable, `message` is one sentence for a person."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def __reduce__(self) -> tuple[type["MaskloopError"], tuple[str, str]]:
        """Let errors cross process borders: an Exception with two arguments does not pickle alone."""
        return type(self), (self.code, self.message)


class InputError(MaskloopError):
    """The input is bad; nothing else is lost for it."""


class TransientError(MaskloopError):
    """The same action may succeed later; the job engine tries again, with a limit."""


class PermanentError(MaskloopError):
    """Trying again changes nothing until somebody mends the cause."""


class StopWork(Exception):
    """Base of what ends the work on a batch from outside, such as a cancel; no error of the item in work."""
