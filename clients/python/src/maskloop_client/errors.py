"""Every error that the client raises.

ClientError
├── ConfigurationError   the client lacks something: an address, an extra
├── ConnectionFailed     no answer, after every retry
├── ApiError             the service answered with an error; `code` is stable
├── UploadInterrupted    an upload was not sent completely, and can go on
├── JobFailed            a job that was waited for did not end well
└── WaitTimeout          a job did not end in time; it goes on
"""

from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from maskloop_client.models import JobAnswer


class ClientError(Exception):
    """Base of all."""


class ConfigurationError(ClientError):
    """The client cannot do this as it is set up; the message says what is missing."""


class ConnectionFailed(ClientError):
    """The service did not answer, after every retry."""


class ApiError(ClientError):
    """The service answered with an error.

    `code` is stable, as `job_not_found`; `detail` is a sentence for people; `status` is the HTTP status.
    An answer that is no problem of the service, as of a proxy, has the code `http_STATUS`.
    """

    def __init__(self, *, status: int, code: str, detail: str) -> None:
        super().__init__(f"{detail} ({code}, {status})")
        self.status = status
        self.code = code
        self.detail = detail

    def __reduce__(self) -> tuple[Any, ...]:
        """Let it cross process borders."""
        return _api_error, (self.status, self.code, self.detail)

    @classmethod
    def of(cls, response: httpx.Response) -> "ApiError":
        """The error of an answer whose body has been read."""
        try:
            body = response.json()
            return cls(status=response.status_code, code=str(body["code"]), detail=str(body["detail"]))
        except (ValueError, KeyError, TypeError):
            shown = response.text.strip()[:200] or response.reason_phrase
            return cls(status=response.status_code, code=f"http_{response.status_code}", detail=shown)


class UploadInterrupted(ClientError):
    """The service can no longer be reached; send the same files with `upload_id` to go on."""

    def __init__(self, upload_id: int, cause: ConnectionFailed) -> None:
        super().__init__(f"Upload {upload_id} is not complete: {cause}")
        self.upload_id = upload_id
        self._cause = cause

    def __reduce__(self) -> tuple[Any, ...]:
        """Let it cross process borders."""
        return UploadInterrupted, (self.upload_id, self._cause)


class JobFailed(ClientError):
    """A job that was waited for has failed or was cancelled; `job` is its data."""

    def __init__(self, job: "JobAnswer") -> None:
        super().__init__(f"Job {job.id} is {job.state}: {job.error_message or job.outcome}")
        self.job = job
        self.code = job.error_code or f"job_{job.state}"

    def __reduce__(self) -> tuple[Any, ...]:
        """Let it cross process borders."""
        return JobFailed, (self.job,)


class WaitTimeout(ClientError, TimeoutError):
    """A job did not end in time; it goes on, and can be waited for again."""


def _api_error(status: int, code: str, detail: str) -> ApiError:
    return ApiError(status=status, code=code, detail=detail)
