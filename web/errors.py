"""Error handlers: an HTML page, or JSON for scripts and programs."""

import structlog
from flask import Flask, Response, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from gunicorn.http.errors import ParseException
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from core.database import has_rows_changed, rows_changed
from core.errors import InputError, MaskloopError, PermanentError, TransientError
from web.api_v1.problems import STATUS as API_STATUS
from web.api_v1.problems import is_api_request, problem

log = structlog.get_logger()

#: Codes whose HTTP status is not the one of their kind.
_STATUS = {
    # The folder is an option of the request, not the address of a page.
    "folder_not_found": 400,
    "file_gone": 410,
    "photo_changed": 410,
    "photo_erased": 410,
    # `maskloop setup` makes it.
    "evidence_key_missing": 404,
    "photo_not_stored": 410,
    "boxes_changed": 409,
    "job_state": 409,
    "job_deleted": 410,
    "job_in_use": 409,
    "import_not_ended": 409,
    "removal_changed": 409,
    "training_not_fitting": 409,
    "duplicate_kept": 409,
    "nothing_to_retry": 409,
    "gate_not_passed": 409,
    "version_not_usable": 409,
    "no_golden_set": 409,
    "already_champion": 409,
    "nothing_to_roll_back": 409,
    "queue_state": 409,
    "guide_changed": 409,
    "audit_running": 409,
    "audit_job_unfinished": 409,
    "name_taken": 409,
    "secret_not_kept": 409,
    "owner_stays": 409,
    "conflict_settled": 409,
    "conflict_open": 409,
    "rows_changed": 409,
    "webhooks_too_many": 409,
    "webhook_not_active": 409,
    "delivery_on_its_way": 409,
    "link_invalid": 403,
    "owner_needed": 403,
    "sign_in_failed": 403,
    "openid_refused": 403,
    "openid_no_role": 403,
    "openid_access_removed": 403,
    "folder_not_allowed": 403,
    "bucket_not_allowed": 403,
    "sign_in_throttled": 429,
    "one_photo_at_a_time": 429,
    "upload_too_large": 413,
    "upload_too_long": 413,
    "upload_offset_wrong": 409,
    "upload_number_taken": 409,
    "upload_closed": 409,
    "upload_incomplete": 409,
    "upload_expired": 410,
    "download_link_gone": 410,
    "upload_file_locked": 423,
    "tus_version_expected": 412,
    "photo_too_large_bytes": 413,
    "camera_origin": 403,
    "disk_full": 507,
}
#: Addresses of monitors.
_JSON_PATHS = frozenset(("/health", "/livez", "/readyz", "/metrics"))
#: Seconds after which the same request may succeed.
_RETRY_AFTER = {
    "sign_in_busy": 5,
    "one_photo_at_a_time": 5,
    "pictures_busy": 5,
    "uploads_busy": 2,
    "sign_in_throttled": 300,
    "storage_unavailable": 10,
}
_SENTENCES = {
    400: ("bad_request", "The request could not be understood."),
    401: ("sign_in_needed", "Sign in first."),
    403: ("forbidden", "You may not do that."),
    404: ("page_not_found", "There is no page at this address."),
    405: ("method_not_allowed", "This address does not support that method."),
    413: ("request_too_large", "The request is larger than this page accepts."),
    416: ("range_invalid", "The file does not have this range."),
    429: ("too_many_requests", "Too many requests; wait a moment."),
    500: ("unexpected_error", "Something went wrong here. See the log of the web server."),
}


def handle_errors(app: Flask) -> None:
    """Register the error handlers."""
    app.register_error_handler(MaskloopError, _own_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(OperationalError, _database_error)
    app.register_error_handler(DataError, _data_error)
    app.register_error_handler(IntegrityError, _integrity_error)
    app.register_error_handler(OverflowError, _number_error)
    app.register_error_handler(PoolTimeout, _busy_error)
    app.register_error_handler(ParseException, _body_error)
    app.register_error_handler(Exception, _unexpected_error)


def status_of(error: MaskloopError) -> int:
    """The HTTP status of an error."""
    status = _STATUS.get(error.code) or API_STATUS.get(error.code)
    if status is not None:
        return status
    if error.code.endswith("_not_found"):
        return 404
    match error:
        case InputError():
            return 400
        case TransientError():
            return 503
        case PermanentError():
            return 500
    return 500


def wants_json() -> bool:
    """Whether the response should be JSON: for the API and for scripts."""
    if request.path.startswith("/api/") or request.path in _JSON_PATHS:
        return True
    best = request.accept_mimetypes.best_match(("text/html", "application/json"))
    return best == "application/json" and request.accept_mimetypes["text/html"] < 1


def error_answer(status: int, code: str, message: str) -> Response:
    """The response to an error, as a page or as JSON; to the API as a problem."""
    if is_api_request():
        return problem(status, code, message)
    if wants_json():
        return make_response(jsonify(error={"code": code, "message": message}), status)
    return make_response(render_template("error.html", status=status, code=code, message=message), status)


def _own_error(error: MaskloopError) -> ResponseReturnValue:
    status = status_of(error)
    if status >= 500:
        log.error("request_failed", code=error.code, error=error.message, path=request.path)
    answer = error_answer(status, error.code, error.message)
    if error.code in _RETRY_AFTER:
        answer.headers["Retry-After"] = str(_RETRY_AFTER[error.code])
    return answer


def _csrf_error(error: CSRFError) -> ResponseReturnValue:
    return error_answer(400, "csrf_failed", "The form has expired. Reload the page and try again.")


def _http_error(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400:
        return error
    code, message = _SENTENCES.get(status, ("http_error", error.name))
    if status == 404 and is_api_request():
        message = "The API has nothing at this address; /api/v1/openapi.json names all that it has."
    answer = error_answer(status, code, message)
    for name, value in error.get_headers(request.environ):
        if name.lower() not in ("content-type", "content-length"):
            # Allow, Retry-After, Content-Range.
            answer.headers[name] = value
    return answer


def _database_error(error: OperationalError) -> ResponseReturnValue:
    log.error("database_unavailable", error=str(error).splitlines()[0], path=request.path)
    return error_answer(503, "database_unavailable", "The database does not respond. Try again in a moment.")


def _data_error(error: DataError) -> ResponseReturnValue:
    """A value that no column holds: a number, or text that psycopg refuses before PostgreSQL sees it."""
    if getattr(error.orig, "sqlstate", None) is not None:
        return _number_error(error)
    log.warning("text_invalid", path=request.path, exc_info=error)
    return error_answer(400, "text_invalid", "The request contains a character that no text may contain.")


def _integrity_error(error: IntegrityError) -> ResponseReturnValue:
    """Somebody has removed what the request is about since it looked, such as the photo of a face."""
    return _own_error(rows_changed()) if has_rows_changed(error) else _unexpected_error(error)


def _number_error(error: Exception) -> ResponseReturnValue:
    """A number inside a body that no column holds: PostgreSQL and SQLite say it each in their way."""
    log.warning("number_too_large", path=request.path, exc_info=error)
    return error_answer(400, "number_invalid", "The request contains a number that is too large.")


def _busy_error(_error: PoolTimeout) -> ResponseReturnValue:
    """No connection to the database became free in time."""
    log.error("too_many_requests_at_once", path=request.path)
    answer = error_answer(503, "service_busy", "The service is busy. Try again in a moment.")
    answer.headers["Retry-After"] = "5"
    return answer


def _body_error(error: ParseException) -> ResponseReturnValue:
    """A body in chunks that do not follow the rules; the connection is closed after the answer."""
    log.warning("body_invalid", path=request.path, error=str(error))
    return error_answer(400, "body_invalid", "The body of the request is not what its header says.")


def _unexpected_error(error: Exception) -> ResponseReturnValue:
    log.error("unexpected_error", path=request.path, exc_info=error)
    return error_answer(500, *_SENTENCES[500])
