"""Exit statuses of commands, which are stable; docs/commands.md has the table."""

from core.errors import MaskloopError

DONE = 0
#: Done, but not in full: a photo could not be read, nothing came of the job, or the doctor found a fault.
INCOMPLETE = 1
#: The command or an option is wrong, the job failed, or anything else that has a code.
FAILED = 2
#: The token is missing, is not accepted, or may not do this.
REFUSED = 3
NOT_FOUND = 4
#: The service does not answer, or cannot at the moment.
UNREACHABLE = 5
#: Ctrl-C.
STOPPED = 130

_OF_HTTP = {
    **dict.fromkeys((401, 403), REFUSED),
    **dict.fromkeys((404, 410), NOT_FOUND),
    **dict.fromkeys((429, 502, 503, 504), UNREACHABLE),
}


class ServiceError(MaskloopError):
    """The service refused a request or did not answer; `exit_status` is that of the command."""

    def __init__(self, code: str, message: str, exit_status: int = FAILED) -> None:
        super().__init__(code, message)
        self.exit_status = exit_status

    def __reduce__(self) -> tuple[type["ServiceError"], tuple[str, str, int]]:  # type: ignore[override]
        """As every other error, it crosses process borders."""
        return type(self), (self.code, self.message, self.exit_status)


def status_of_answer(http_status: int) -> int:
    """The exit status of a command whose request got this HTTP status."""
    return _OF_HTTP.get(http_status, FAILED)


def status_of_error(error: MaskloopError) -> int:
    """The exit status of a command that ended with this error."""
    return error.exit_status if isinstance(error, ServiceError) else FAILED


def status_of_job(job: dict[str, object]) -> int:
    """The exit status of a command whose job, as the API answers it, has ended."""
    if job["state"] == "cancelled":
        return STOPPED
    if job["state"] != "done":
        return FAILED
    photos = job["photos"]
    # A job without a result says why after a comma.
    failed = isinstance(photos, dict) and photos["failed"]
    return INCOMPLETE if failed or "," in str(job["outcome"]) else DONE
