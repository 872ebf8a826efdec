"""Programs that call the API in tests, and example addresses of its routes."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from core.accounts import add_account, ensure_owner
from core.api_tokens import add_token
from core.database import Database
from models import Role, Scope
from web.api_v1.access import access_of

PROBLEM = "application/problem+json"
#: A program that calls: method, address below `/api/v1`, and what it sends.
Call = Callable[..., TestResponse]


def new_token(database: Database, *scopes: Scope, days: int | None = 90) -> str:
    """The secret of a new token of the owner."""
    with database.write() as rows:
        return add_token(rows, ensure_owner(rows), name="pipeline", scopes=scopes, days=days)[1]


def caller(app: Flask, secret: str | None) -> Call:
    """A program with this token, or with none."""
    client: FlaskClient = app.test_client(use_cookies=False)
    headers = {} if secret is None else {"Authorization": f"Bearer {secret}"}

    def call(method: str, address: str, **given: Any) -> TestResponse:
        given["headers"] = headers | given.get("headers", {})
        return client.open(f"/api/v1{address}", method=method, **given)

    return call


def code_of(answer: TestResponse) -> str:
    """The code of a problem, whose status stands in it too."""
    assert answer.mimetype == PROBLEM, answer.text
    body = answer.get_json(force=True)
    assert body["status"] == answer.status_code
    return body["code"]


def operations(app: Flask) -> Iterator[tuple[str, Rule]]:
    """Method and route of every operation; a WebSocket is none of OpenAPI."""
    for rule in app.url_map.iter_rules():
        if access_of(app.view_functions[rule.endpoint]) is not None and not rule.websocket:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield method, rule


def example_address(rule: Rule, number: int = 1) -> str:
    """The address of a route below `/api/v1`, with this number in place of each number."""
    address = re.sub(r"<int(\(.*?\))?:\w+>", str(number), rule.rule.removeprefix("/api/v1"))
    address = re.sub(r"<any\((\w+).*?\):\w+>", r"\1", address)
    return re.sub(r"<[^>]+>", "x", address)


def person(app: Flask, database: Database, name: str, role: Role, *scopes: Scope) -> Call:
    """A program with a token of a new person."""
    with database.write() as rows:
        account = add_account(rows, name, role)
        return caller(app, add_token(rows, account, name="own", scopes=scopes, days=1)[1])
