"""Pages that update themselves, and choices in a page's address."""

import threading
import time
from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from hashlib import sha256
from typing import ParamSpec, TypeAlias, TypeVar

from flask import Flask, Response, current_app, g, make_response, render_template, request, session
from flask_wtf.csrf import generate_csrf

from core.errors import InputError
from models import Account, Role

Choice = TypeVar("Choice", bound=StrEnum)
_Given = ParamSpec("_Given")
#: Whose it is, all of a role or one account, and the address.
_LiveKey: TypeAlias = tuple[Role | int, str]

#: Polls of so many seconds share what the first of them read.
_SHARED_SECONDS = 1.0
_MOST_TEXTS = 500
#: Stands for the CSRF token in what is shared; no page can hold it.
_TOKEN = "\0csrf\0"  # noqa: S105


def chosen(kind: type[Choice], name: str) -> Choice | None:
    """The enum member that a query argument names, None without one; InputError option_invalid."""
    given = request.args.get(name, "")
    if not given:
        return None
    try:
        return kind(given)
    except ValueError as error:
        raise InputError("option_invalid", f"{name} cannot be {given!r}.") from error


def live_page(template: str, **context: object) -> Response:
    """Render the page; only its `<main>` for the script, which sends the header `Maskloop-Live`.

    An unchanged `<main>` is answered with 304.
    """
    if not _asks_live():
        response = make_response(render_template(template, layout="base.html", **context))
        response.vary.add("Maskloop-Live")
        return response
    text = render_template(template, layout="live.html", **context)
    g.live_text = text.replace(generate_csrf(), _TOKEN)
    return _live_answer(g.live_text)


def _asks_live() -> bool:
    return "Maskloop-Live" in request.headers


def _live_answer(text: str) -> Response:
    """The `<main>` with this browser's token; the ETag ignores that it is signed anew each second."""
    response = make_response(text.replace(_TOKEN, generate_csrf()))
    response.vary.add("Maskloop-Live")
    response.set_etag(sha256((session["csrf_token"] + text).encode()).hexdigest())
    response.make_conditional(request)
    return response


class LiveTexts:
    """What live pages showed within the last second, by address and role: many browsers ask for the same."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._texts: dict[_LiveKey, tuple[float, str]] = {}
        self._reading: dict[_LiveKey, threading.Lock] = {}
        self._cleared = 0.0

    def clear(self) -> None:
        """Forget all: somebody has changed something."""
        with self._lock:
            self._texts.clear()
            self._cleared = time.monotonic()

    def get(self, key: _LiveKey) -> str | None:
        """The text, if it is no older than a second."""
        with self._lock:
            written, text = self._texts.get(key, (0.0, ""))
            return text if time.monotonic() - written < _SHARED_SECONDS else None

    def keep(self, key: _LiveKey, text: str, asked: float) -> None:
        """Keep the text that was read from the time `asked` on, unless something was changed meanwhile."""
        with self._lock:
            if asked < self._cleared:
                return
            if len(self._texts) >= _MOST_TEXTS:
                self._texts.clear()
            self._texts[key] = (asked, text)

    def reading(self, key: _LiveKey) -> threading.Lock:
        """A lock, so that one request reads what the others wait for."""
        with self._lock:
            if len(self._reading) >= _MOST_TEXTS:
                self._reading.clear()
            return self._reading.setdefault(key, threading.Lock())


def shared_live(view: Callable[_Given, Response]) -> Callable[_Given, Response]:
    """Polls within a second share one `<main>` among all accounts of a role.

    Where the view asked for the current account, as for a reviewer's own pace, only that account's polls do.
    """

    @wraps(view)
    def shared(*args: _Given.args, **kwargs: _Given.kwargs) -> Response:
        if not _asks_live():
            return view(*args, **kwargs)
        texts: LiveTexts = current_app.extensions["live_texts"]
        account: Account = g.account
        address = request.script_root + request.full_path
        own = account.id, address
        # What a limited account sees is its own.
        of_all = own if account.is_limited else (account.role, address)
        with texts.reading(of_all):
            found = texts.get(own) or texts.get(of_all)
            if found is not None:
                return _live_answer(found)
            asked, g.is_personal = time.monotonic(), False
            response = view(*args, **kwargs)
            if "live_text" in g:
                texts.keep(own if g.is_personal else of_all, g.live_text, asked)
            return response

    return shared


def forget_after_changes(app: Flask) -> None:
    """Forget what live pages showed whenever a request may have changed something."""
    app.after_request(_forget)


def _forget(response: Response) -> Response:
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        texts: LiveTexts = current_app.extensions["live_texts"]
        texts.clear()
    return response
