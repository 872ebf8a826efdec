"""Secret key, host check, size limits, CSRF protection and response headers."""

from flask import Flask, Response, request
from flask_wtf import CSRFProtect
from werkzeug.exceptions import SecurityError

from core.data_folder import make_session_key
from core.errors import InputError
from core.settings import Settings
from web.extension import settings
from web.tus.headers import is_tus_request

csrf = CSRFProtect()

#: Endpoints that accept one photo.
_PHOTO_ENDPOINTS = frozenset(
    (
        "one_photo.look",
        "one_photo.picture",
        "one_photo.keep",
        "camera.keep_snapshot",
        "api_v1.look_at_photo",
        "api_v1.keep_photo",
    )
)
#: Room for the other parts of a form.
_FORM_PARTS_BYTES = 1 << 20

_LOOPBACK = frozenset(("localhost", "127.0.0.1", "[::1]"))
#: Monitors ask by the address of a container, and learn nothing but that the service answers.
_ANY_HOST = frozenset(("api.live", "api.ready"))
#: Addresses that mean every interface; they are no host names.
_ANY = frozenset(("0.0.0.0", "::"))  # noqa: S104

POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' blob:",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    )
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
#: Pages are private; the browser may cache them but must revalidate.
_PAGE_CACHING = "private, no-cache"


def check_requests(app: Flask) -> None:
    """Check the host of every request, and add headers to every response."""
    app.before_request(_check_host)
    app.after_request(_add_headers)


def allow_uploads(app: Flask) -> None:
    """Raise the size limit for endpoints that accept files; register it after the account check."""
    app.before_request(_raise_limit)


def allowed_hosts(settings: Settings) -> frozenset[str]:
    """Host names under which the service may be reached, lower case, without port."""
    further = (name.strip().lower() for name in settings.allowed_hosts.split(","))
    own = settings.host.lower()
    named = frozenset() if own in _ANY else frozenset((f"[{own}]" if ":" in own else own,))
    return _LOOPBACK | named | frozenset(filter(None, further))


def _check_host() -> None:
    """Refuse unknown host names, against DNS rebinding."""
    if request.endpoint in _ANY_HOST:
        return
    try:
        host = request.host.lower()
    except SecurityError:
        host = ""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and not host.endswith("]") else host
    if name not in allowed_hosts(settings()):
        raise InputError("host_not_allowed", "This service is not available under that host name.")


def _raise_limit() -> None:
    if is_tus_request():
        # The view checks upload, length and room before it reads a byte of the body.
        request.max_content_length = settings().max_upload_bytes
    elif request.endpoint in _PHOTO_ENDPOINTS:
        request.max_content_length = settings().tried_bytes + _FORM_PARTS_BYTES


def _add_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if settings().secure_cookies:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint == "static" and response.status_code == 200:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    elif "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = _PAGE_CACHING
    return response


def read_secret_key(settings: Settings) -> str:
    """The key that signs sessions; created at the first start, readable by the service's user only."""
    if settings.secret_key:
        return settings.secret_key
    return make_session_key(settings.data).read_text(encoding="ascii")
