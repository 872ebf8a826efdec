"""The document is made once, with a strong tag, and costs next to nothing from then on."""

import json
import re
import shutil
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.unit.web.api_v1.calling import caller
from tests.unit.web.filled_folder import FilledFolder, attach_folder
from web.api_v1 import document

#: Operations that create something, or roll back, once for each `Idempotency-Key`.
_KEYED = {
    *("create_job", "run_job_again", "import_set_again", "audit_job", "count_audited_job", "create_queue"),
    *("evaluate_version", "evaluate_one_detector", "run_schedule", "remove_photos"),
    *("create_schedule", "create_webhook", "create_upload", "add_person", "create_token"),
    *("roll_champion_back", "roll_back_detector"),
}
#: What they answer says how long the service runs, or what the clock says.
_OF_THE_MOMENT = {"/api/v1/system", "/api/v1/system/health"}


def test_the_document_is_made_once_and_has_a_strong_tag(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.extensions, "openapi", {})
    call = caller(app, None)
    first = call("GET", "/openapi.json")
    assert first.status_code == 200 and first.mimetype == "application/json"
    tag, is_weak = first.get_etag()
    assert tag and not is_weak
    monkeypatch.setattr(document, "read_document", None)
    again = call("GET", "/openapi.json")
    assert again.data == first.data
    unchanged = call("GET", "/openapi.json", headers={"If-None-Match": f'"{tag}"'})
    assert (unchanged.status_code, unchanged.data) == (304, b"")


def test_below_a_prefix_the_document_names_it(app: Flask) -> None:
    get = app.test_client().get
    for prefix in ("/masks", ""):
        answer = get("/api/v1/openapi.json", environ_overrides={"SCRIPT_NAME": prefix})
        assert answer.get_json()["servers"] == [{"url": prefix or "/"}]


def _declared(app: Flask) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, address and description of every operation."""
    paths = app.test_client().get("/api/v1/openapi.json").get_json()["paths"]
    for path, methods in paths.items():
        for method, declared in methods.items():
            yield method, path, declared


def _headers(declared: dict[str, Any]) -> set[str]:
    return {each["name"] for each in declared.get("parameters", ()) if each["in"] == "header"}


def test_every_reference_of_the_document_leads_somewhere(app: Flask) -> None:
    described = app.test_client().get("/api/v1/openapi.json").get_json()
    references = set(re.findall(r'"#/components/(\w+)/([^"]+)"', json.dumps(described)))
    assert references and all(name in described["components"][part] for part, name in references)


def test_the_document_names_the_headers(app: Flask) -> None:
    keyed = {each["operationId"] for _, _, each in _declared(app) if "Idempotency-Key" in _headers(each)}
    assert keyed == _KEYED
    for method, path, declared in _declared(app):
        answers = declared["responses"]
        assert ("422" in answers) is (declared["operationId"] in _KEYED), path
        assert {"RateLimit", "Retry-After"} <= answers["429"]["headers"].keys(), path
        assert ("Location" in answers.get("202", {}).get("headers", ())) is ("202" in answers), path
        if method == "get":
            assert "ETag" in answers["200"]["headers"], path


def test_an_unchanged_answer_of_every_operation_is_not_sent_again(
    one_app: Flask, filled_folder: FilledFolder, tmp_path: Path
) -> None:
    shutil.copytree(filled_folder.data, tmp_path / "data")
    attach_folder(one_app, tmp_path / "data", filled_folder.photos)
    call, tagged = caller(one_app, filled_folder.secret), 0
    for method, path, declared in _declared(one_app):
        if method != "get" or path in _OF_THE_MOMENT:
            continue
        address = re.sub(r"\{\w+\}", "1", path.removeprefix("/api/v1"))
        with call("GET", address) as first:
            is_stream = "content" in declared["responses"]["200"] and first.is_streamed
            if first.status_code != 200 or (is_stream and "ETag" not in first.headers):
                continue
            tag = first.headers["ETag"]
        with call("GET", address, headers={"If-None-Match": tag}) as again:
            assert (again.status_code, again.data) == (304, b""), path
        tagged += 1
    one_app.extensions["maskloop"].database.dispose()
    assert tagged > 45


@pytest.mark.alone
def test_the_document_costs_less_than_five_milliseconds(app: Flask) -> None:
    call = caller(app, None)
    call("GET", "/openapi.json")
    took = []
    for _ in range(20):
        began = time.perf_counter()
        assert call("GET", "/openapi.json").status_code == 200
        took.append(time.perf_counter() - began)
    assert statistics.median(took) < 0.005
