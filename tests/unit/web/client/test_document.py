"""The client and the OpenAPI document: each operation has a method, which sends what the document knows."""

import collections
import importlib
import inspect
import json
import re
import sys
import typing
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from flask import Flask

from maskloop_client import Client, ClientError, Job, Retries, Rows
from web.api_v1.document import read_document

CLIENT = Path(__file__).resolve().parents[4] / "clients" / "python"
#: Values of arguments by their annotation.
_VALUES: dict[Any, Any] = {
    int: 1, float: 0.5, bool: True, str: "1", Any: "1", datetime: datetime(2026, 1, 1, tzinfo=UTC),
}  # fmt: skip
#: Values by name: a file to send.
_GIVEN = {"paths": __file__, "lines": __file__, "file": __file__, "photo": __file__}
#: Waiting is reading; these take what no dummy stands for.
_LEFT_OUT = frozenset({"Client.close", "Client.request", "Job.wait"})

Operation = tuple[str, str]


class Recorder(httpx.BaseTransport):
    """Sends requests to the app, and notes them."""

    def __init__(self, app: Flask) -> None:
        self._app = httpx.WSGITransport(app=app)
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The app's answer."""
        request.read()
        self.requests.append(request)
        return self._app.handle_request(request)


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    with app.test_request_context():
        return read_document()


@pytest.fixture
def requests(
    app: Flask, token: str, job_id: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> list[httpx.Request]:
    """What all methods send together."""
    monkeypatch.setattr("maskloop_client._sync.uploads._PIECE", 5000)
    recorder = Recorder(app)
    client = Client(token=token, transport=recorder, retries=Retries(attempts=1))
    job = client.jobs.get(job_id)
    parts = (part for name, part in vars(client).items() if not name.startswith("_"))
    monkeypatch.chdir(tmp_path)
    for owner in (client, *parts, job):
        for name, method in _methods(owner):
            if f"{type(owner).__name__}.{name}" not in _LEFT_OUT:
                _call(method)
    return recorder.requests


def _methods(owner: object) -> Iterator[tuple[str, Callable[..., Any]]]:
    if type(owner).__module__.startswith("maskloop_client."):
        for name, method in inspect.getmembers(owner, inspect.ismethod):
            if not name.startswith("_"):
                yield name, method


def _call(method: Callable[..., Any]) -> None:
    """Call it with what it needs, and with a value for each argument; only what it sends is looked at."""
    for needed_only in (True, False):
        try:
            found = method(**dict(_arguments(method, needed_only=needed_only)))
            if isinstance(found, Iterator | Rows):
                next(iter(found), None)
        except ClientError:
            pass


def _arguments(method: Callable[..., Any], *, needed_only: bool) -> Iterator[tuple[str, Any]]:
    hints = typing.get_type_hints(method)
    for name, parameter in inspect.signature(method).parameters.items():
        is_needed = parameter.default is inspect.Parameter.empty or name in _GIVEN
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            filters = typing.get_args(hints[name])
            further = typing.get_type_hints(filters[0]) if filters and not needed_only else {}
            yield from ((other, _value(kind)) for other, kind in further.items())
        elif parameter.kind is not inspect.Parameter.VAR_POSITIONAL and (is_needed or not needed_only):
            yield name, _GIVEN.get(name) or _value(hints[name])


def _value(kind: Any) -> Any:
    arguments = [each for each in typing.get_args(kind) if each is not type(None)]
    if typing.get_origin(kind) is collections.abc.Callable:
        return lambda *_: None
    if kind in _VALUES:
        return _VALUES[kind]
    if typing.get_origin(kind) is typing.Literal:
        return arguments[0]
    if typing.get_origin(kind) in (list, tuple, collections.abc.Sequence, collections.abc.Iterable):
        return [_value(arguments[0])]
    if typing.get_origin(kind) in (dict, collections.abc.Mapping):
        return {_value(arguments[0]): _value(arguments[1])}
    return _value(arguments[0])


def _operations(document: dict[str, Any]) -> Iterator[tuple[Operation, dict[str, Any]]]:
    """Each operation, those of a named action one by one."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for concrete in _named_actions(path, operation):
                yield (method.upper(), concrete.removeprefix("/api/v1")), operation


def _named_actions(path: str, operation: dict[str, Any]) -> list[str]:
    for parameter in operation.get("parameters", ()):
        if parameter["name"] == "action":
            return [path.replace("{action}", value) for value in parameter["schema"]["enum"]]
    return [path]


def _matching(request: httpx.Request, operations: dict[Operation, dict[str, Any]]) -> Operation | None:
    path = request.url.path.removeprefix("/api/v1")
    matches = [
        (method, known)
        for method, known in operations
        if method == request.method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", known), path)
    ]
    return min(matches, key=lambda match: match[1].count("{"), default=None)


def test_every_operation_has_a_method(document: dict[str, Any], requests: list[httpx.Request]) -> None:
    operations = dict(_operations(document))
    called = {_matching(request, operations) for request in requests}
    assert called - {None} == operations.keys()
    assert len(called) > 12


def test_methods_send_what_operations_know(document: dict[str, Any], requests: list[httpx.Request]) -> None:
    operations = dict(_operations(document))
    asked: dict[Operation, set[str]] = {}
    for request in requests:
        match = _matching(request, operations)
        assert match is not None, f"{request.method} {request.url} is no operation"
        asked.setdefault(match, set()).update(request.url.params)
    for operation, names in asked.items():
        parameters = operations[operation].get("parameters", ())
        known = {each["name"] for each in parameters if each["in"] == "query"}
        assert names | {"after"} == known | {"after"}, operation


def test_bodies_have_the_fields_of_the_document(
    document: dict[str, Any], requests: list[httpx.Request]
) -> None:
    operations = dict(_operations(document))
    checked = set()
    for request in requests:
        operation = operations[_matching(request, operations)]
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" not in content:
            assert request.headers.get("Content-Type") != "application/json", request.url
            continue
        name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
        schema = document["components"]["schemas"][name]
        sent = json.loads(request.content).keys()
        if "properties" in schema:
            assert sent <= schema["properties"].keys() and sent >= {*schema.get("required", ())}, name
            checked.add(name)
    assert len(checked) > 10


def _load(name: str) -> ModuleType:
    """A program that stands beside the package."""
    sys.path.insert(0, str(CLIENT))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(CLIENT))


def test_models_are_those_of_the_document(document: dict[str, Any], tmp_path: Path) -> None:
    """Where this fails, run `make client`."""
    generate = _load("generate_models")
    written = {path.name: path.read_text() for path in generate.write_models(document, tmp_path)}
    kept = {path.name: path.read_text() for path in generate.FOLDER.glob("*.py") if path.name != "base.py"}
    assert written == kept


def test_the_synchronous_client_is_made_of_the_asynchronous_one(tmp_path: Path) -> None:
    """Where this fails, run `make client`."""
    generate = _load("generate_sync")
    written = {path.name: path.read_text() for path in generate.write_sync(tmp_path)}
    kept = {path.name: path.read_text() for path in (generate.PACKAGE / "_sync").glob("*.py")}
    by_hand = kept.pop("waiting.py")
    assert written == kept
    assert not [name for name, text in kept.items() if "async" in text.replace("_async/", "")]
    assert "async" not in by_hand.replace("_async", "")


def test_a_job_has_the_operations_of_both_clients() -> None:
    from maskloop_client import AsyncClient, AsyncJob

    for one, other in ((Client, AsyncClient), (Job, AsyncJob)):
        assert {name for name in dir(one) if name[0] != "_"} == {
            name for name in dir(other) if name[0] != "_"
        }
