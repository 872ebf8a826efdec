"""The document is made once, with a strong tag, and costs next to nothing from then on."""

import statistics
import time

import pytest
from flask import Flask

from tests.unit.web.api_v1.calling import caller
from web.api_v1 import document


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
