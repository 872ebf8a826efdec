"""Every operation of the document is called with good and bad input, as every role and as nobody.

`MASKLOOP_API_EXAMPLES=200` tries longer than `make test` does.
"""

import os
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema

from core.settings import Settings
from models import Role, Scope
from tests.review_rows import add_champion
from tests.unit.web.api_v1.filled import UPLOADS, add_caller, fill
from web.factory import attach

_LONG = int(os.environ.get("MASKLOOP_API_EXAMPLES", "0"))
pytestmark = [pytest.mark.slow, *([pytest.mark.timeout(7200)] if _LONG else [])]
#: The same calls in each run.
_SEED = 20261129
#: Most failures that are shown.
_SHOWN = 30
_OF_TOKENS = {
    "admin": (Role.LEAD, (Scope.ADMIN,), 6),
    "submit": (Role.LEAD, (Scope.READ, Scope.SUBMIT), 1),
    "read": (Role.LEAD, (Scope.READ,), 1),
    "reviewer": (Role.REVIEWER, (Scope.REVIEW,), 1),
}


_WITH_OPTIONS = ("POST /api/v1/jobs", "POST /api/v1/queues", "POST /api/v1/imports/preview")


#: They answer 404 for a job that was just made where it is none of theirs, or has no sample.
_OF_SOME_JOBS = tuple(
    f"{method} /api/v1/jobs/{{job_id}}/{part}"
    for method, part in (
        ("POST", "audit/count"),
        ("GET", "training"),
        ("POST", "stop"),
        ("GET", "import"),
        ("POST", "import/again"),
    )
)


#: They answer 503 here, where no broker and no live process runs.
_OF_LIVE_PROCESS = ("POST /api/v1/photos", "POST /api/v1/photos/look", "GET /api/v1/camera")


@schemathesis.serializer("application/x-ndjson", "application/offset+octet-stream")
def _as_bytes(_context: object, value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@dataclass
class Tried:
    """What came of all calls."""

    statuses: defaultdict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    failures: list[str] = field(default_factory=list)


def try_all(app: Flask, secret: str | None, *, examples: int) -> Tried:
    """Call every operation with this token, in place of the tokens that are made up, and as a tus client."""

    def program(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ.pop("HTTP_AUTHORIZATION", None)
        environ.setdefault("HTTP_TUS_RESUMABLE", "1.0.0")
        if secret is not None:
            environ["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
        return app.wsgi_app(environ, start_response)

    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", program, config=_config(app, examples))
    tried = Tried()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            _note(tried, event)
        elif isinstance(event, events.NonFatalError):
            tried.failures.append(f"{event.label}: {event.info}")
        elif isinstance(event, events.FatalError):
            raise event.exception
    return tried


def _note(tried: Tried, event: events.ScenarioFinished) -> None:
    recorder = event.recorder
    for interaction in recorder.interactions.values():
        if interaction.response is not None:
            tried.statuses[str(event.label)][interaction.response.status_code] += 1
    for checks in recorder.checks.values():
        for check in checks:
            if check.status is not Status.SUCCESS and check.failure_info is not None:
                failure, sample = check.failure_info.failure, check.failure_info.code_sample
                tried.failures.append(
                    f"{event.label}: {failure.title}\n{failure.message[:600]}\n{sample[:600]}"
                )


def _config(app: Flask, examples: int) -> SchemathesisConfig:
    folder = app.extensions["maskloop"].settings.allowed_roots
    return SchemathesisConfig.from_dict(
        {
            "seed": _SEED,
            # What is found, most of the time.
            "dictionaries": {
                "numbers": {"values": [1, 2]},
                "uploads": {"values": list(UPLOADS.values())},
                "folders": {"values": [folder]},
                "receivers": {"values": ["https://shop.example/hook"]},
            },
            "parameters": {
                "path.upload_id": {"dictionary": "uploads", "probability": 0.8},
                "body.options.folder": {"dictionary": "folders", "probability": 0.5},
                "body.url": {"dictionary": "receivers", "probability": 0.5},
            },
            "generation": {
                "max-examples": _LONG or examples,
                "deterministic": True,
                "database": "none",
                "no-shrink": True,
                "with-security-parameters": False,
                "dictionaries": {"integer": {"dictionary": "numbers", "probability": 0.7}},
            },
            "phases": {
                "examples": {"enabled": False},
                "coverage": {"enabled": bool(_LONG)},
                "stateful": {"enabled": bool(_LONG)},
            },
            "operations": [
                # Options are read as pages send them, which know no types but texts.
                {"include-name": name, "checks": {"negative_data_rejection": {"enabled": False}}}
                for name in _WITH_OPTIONS
            ]
            + [
                {"include-name": name, "checks": {"ensure_resource_availability": {"enabled": False}}}
                for name in _OF_SOME_JOBS
            ]
            + [
                {
                    "include-name": name,
                    "checks": {"not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", 503]}},
                }
                for name in _OF_LIVE_PROCESS
            ],
            "checks": {
                # The document cannot say everything that is asked of a value, such as that a folder exists.
                "positive_data_acceptance": {"enabled": False},
                # The token is put in below.
                "ignored_auth": {"enabled": False},
            },
        }
    )


@pytest.fixture
def filled(one_app: Flask, tmp_path: Path, sqlite_tables: Path) -> Iterator[Flask]:
    """The app over a database with a row of everything."""
    photos, data = tmp_path / "photos", tmp_path / "data"
    photos.mkdir()
    data.mkdir()
    shutil.copyfile(sqlite_tables, data / "maskloop.sqlite")
    settings = Settings(
        data=data, allowed_roots=str(photos), broker_url="redis://127.0.0.1:1",
        api_rate=0, api_rate_anonymous=0,
    )  # fmt: skip
    attach(one_app, settings)
    database = one_app.extensions["maskloop"].database
    with database.write() as rows:
        add_champion(rows)
    fill(database, photos)
    yield one_app
    database.dispose()


def _operations(app: Flask) -> set[str]:
    paths = app.test_client().get("/api/v1/openapi.json").get_json()["paths"]
    return {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}


@pytest.mark.parametrize("who", _OF_TOKENS)
def test_no_answer_is_an_error_of_ours_or_outside_the_document(filled: Flask, who: str) -> None:
    role, scopes, examples = _OF_TOKENS[who]
    secret = add_caller(filled.extensions["maskloop"].database, role, *scopes)
    tried = try_all(filled, secret, examples=examples)
    assert tried.failures[:_SHOWN] == []
    assert set(tried.statuses) >= _operations(filled)
    assert not any(401 in statuses for statuses in tried.statuses.values()), "the token worked to the end"
    if who == "admin":
        succeeded = [name for name, statuses in tried.statuses.items() if any(s < 300 for s in statuses)]
        assert len(succeeded) > len(tried.statuses) / 3


def test_nobody_gets_nothing_but_the_document(filled: Flask) -> None:
    tried = try_all(filled, None, examples=1)
    assert tried.failures[:_SHOWN] == []
    assert {status for statuses in tried.statuses.values() for status in statuses} == {401}
    assert set(tried.statuses) >= _operations(filled)
