"""Behind proxies: whose headers are believed, and the path below which the service is shown."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask, request
from werkzeug.middleware.proxy_fix import ProxyFix

from core.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class _Prefix:
    """Takes the prefix off the path, whether or not the proxy has done so already."""

    def __init__(self, app: "WSGIApplication", prefix: str) -> None:
        self._app, self._prefix = app, prefix

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == self._prefix or path.startswith(f"{self._prefix}/"):
            environ["PATH_INFO"] = path[len(self._prefix) :] or "/"
        environ["SCRIPT_NAME"] = self._prefix
        return self._app(environ, start_response)


def trust_proxies(app: Flask, settings: Settings) -> None:
    """Believe as many proxies as the settings name, from the right, and show the app at the prefix."""
    inner = app.wsgi_app
    if settings.path_prefix:
        inner = _Prefix(inner, settings.path_prefix)
    if settings.trusted_proxies:
        # The proxies pass the host name on as it is: `Host` is checked, not `X-Forwarded-Host`.
        count = settings.trusted_proxies
        inner = ProxyFix(inner, x_for=count, x_proto=count, x_host=0)
    app.wsgi_app = inner  # type: ignore[method-assign]
    app.jinja_env.globals["own_address"] = own_address


def own_address() -> str:
    """The path and query of the request as the browser has them, to come back to."""
    return request.script_root + request.full_path.rstrip("?")
