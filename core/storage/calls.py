"""One call of an object store: tried again with bounds, and its errors as ours.

Errors are judged by their types, by errno and by the code and status of the answer, never by words.
"""

import errno
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, NoReturn, TypeVar

import structlog

from core.errors import MaskloopError, PermanentError, TransientError
from core.storage.clients import bucket_missing

Result = TypeVar("Result")

log = structlog.get_logger()

#: Seconds before each further try.
_PAUSES = (0.2, 1.0, 3.0)
#: How often a call is tried in this thread.
_TRIES: ContextVar[int | None] = ContextVar("tries", default=None)
#: Answers of a store that another try may change, though they say that the request was at fault.
_TRIED_AGAIN = frozenset({408, 409, 429})
_LOCAL_DISK = frozenset({errno.ENOSPC, errno.EDQUOT})
#: Types of botocore, google-auth and azure-core that say that there are no usable credentials.
_NO_CREDENTIALS = frozenset(
    {
        "NoCredentialsError",
        "PartialCredentialsError",
        "CredentialRetrievalError",
        "ProfileNotFound",
        "TokenRetrievalError",
        "UnauthorizedSSOTokenError",
        "DefaultCredentialsError",
        "RefreshError",
        "ClientAuthenticationError",
    }
)
_NO_BUCKET = frozenset({"NoSuchBucket", "ContainerNotFound"})
#: The store's own code when it refuses a request whose bucket does not answer for it.
_REFUSED = frozenset({301, 400, 401, 403, 405, 501})


def limit_tries(most: int | None) -> None:
    """Try calls of this thread so often: less where others wait for the thread; None as usual."""
    _TRIES.set(most)


def call(place: object, action: Callable[[], Result]) -> Result:
    """The result of `action`, which is tried four times at most, or as `limit_tries` says.

    `place` is the address that messages name. Raises FileNotFoundError for a missing object; PermanentError
    storage_denied, storage_bucket_missing or storage_refused; TransientError storage_unavailable, disk_full.
    """
    tries = _TRIES.get() or 1 + len(_PAUSES)
    for pause in _PAUSES[: tries - 1]:
        try:
            return action()
        except FileNotFoundError as error:
            _raise_missing(error, place)
        except Exception as error:
            named = _named(error, place)
            if not _may_pass(named):
                raise named from error
            log.info("storage_retried", place=str(place), error=type(error).__name__, pause=pause)
        time.sleep(pause)
    try:
        return action()
    except FileNotFoundError as error:
        _raise_missing(error, place)
    except Exception as error:
        raise _named(error, place) from error


def _may_pass(error: MaskloopError) -> bool:
    return error.code == "storage_unavailable"


def _raise_missing(error: FileNotFoundError, place: object) -> NoReturn:
    """A bucket that is missing is no missing object: it would look as if all photos were deleted."""
    if _answer(error)[0] in _NO_BUCKET:
        raise bucket_missing(place) from error
    raise error


def _named(error: Exception, place: object) -> MaskloopError:
    if isinstance(error, MaskloopError):
        return error
    code, status = _answer(error)
    if code in _NO_BUCKET:
        return bucket_missing(place)
    names = {kind.__name__ for kind in type(error).__mro__}
    if names & _NO_CREDENTIALS:
        return PermanentError(
            "storage_denied",
            f"There are no credentials for {place}. They come from the environment, files or the platform.",
        )
    if isinstance(error, PermissionError) or status in {401, 403}:
        said = f" ({code})" if code and not code.isdecimal() else ""
        return PermanentError("storage_denied", f"The object store refused access to {place}{said}.")
    if isinstance(error, OSError) and error.errno in _LOCAL_DISK:
        return TransientError("disk_full", "The disk of the data folder is full, or its quota is used up.")
    if status in _REFUSED and status not in _TRIED_AGAIN and not _is_cut(code):
        return PermanentError("storage_refused", f"The object store refused a request for {place}: {code}.")
    said = code or type(error).__name__
    return TransientError("storage_unavailable", f"The object store of {place} cannot be used now: {said}.")


def _is_cut(code: str) -> bool:
    """Whether the store says that the request did not arrive whole."""
    return code in {"BadDigest", "IncompleteBody", "RequestTimeout", "XAmzContentSHA256Mismatch"}


def _answer(error: BaseException) -> tuple[str, int]:
    """Code and HTTP status of the store's answer, from the error or its cause; "" and 0 for none."""
    seen: BaseException | None = error
    while seen is not None:
        response: Any = getattr(seen, "response", None)
        if isinstance(response, dict):
            status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            return str(response.get("Error", {}).get("Code", "")), int(status)
        code, status = getattr(seen, "error_code", None), getattr(seen, "status_code", None)
        if code is not None or status is not None:
            return str(code or ""), int(status or 0)
        if type(seen).__module__.startswith("gcsfs.") and isinstance(code := getattr(seen, "code", 0), int):
            return str(code), code
        seen = seen.__cause__
    return "", 0
