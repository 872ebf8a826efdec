"""The Grafana board and the alert rules: every metric that they name is told, every alert is explained."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import promql_parser
import yaml
from flask import Flask

from benchmarks.servers import RedisServer
from core.live.seats import Seats
from core.settings import Settings
from tests.unit.web.test_monitors import opened, read  # noqa: F401

ROOT = Path(__file__).resolve().parents[3]
BOARD = json.loads((ROOT / "deploy" / "grafana" / "maskloop.json").read_text())
RULES = [
    rule
    for group in yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]
#: Prometheus makes it of each scrape.
_OF_PROMETHEUS = {"up"}


def _expressions() -> Iterator[tuple[str, str]]:
    for panel in BOARD["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for rule in RULES:
        yield rule["alert"], rule["expr"]


def _selectors(expression: str) -> list[tuple[str, set[str]]]:
    """Name and labels of each selector, as a parser of PromQL reads them."""
    found = []

    def enter(node: object) -> bool:
        if isinstance(node, promql_parser.VectorSelector):
            found.append((node.name, {matcher.name for matcher in node.matchers.matchers}))
        return True

    promql_parser.walk(promql_parser.parse(expression), enter)
    return found


def test_what_board_and_rules_name_is_told(
    opened: Flask,  # noqa: F811
    redis_server: RedisServer,
) -> None:
    # The broker counts the cameras.
    opened.extensions["seats"] = Seats(Settings(broker_url=redis_server.url))
    told = [*read(opened), *_OF_PROMETHEUS]
    names = {f"{name}{end}" for name in told for end in ("", "_bucket", "_count", "_sum", "_total")}
    expressions = list(_expressions())
    assert len(expressions) > 30
    for title, expression in expressions:
        selectors = _selectors(expression)
        assert selectors and {name for name, _ in selectors} <= names, f"{title}: {expression}"


def test_the_board_is_one_that_grafana_imports() -> None:
    assert BOARD["uid"] == "maskloop" and BOARD["schemaVersion"] >= 36 and "id" not in BOARD
    ids = [panel["id"] for panel in BOARD["panels"]]
    assert len(ids) == len(set(ids))
    taken: set[tuple[int, int]] = set()
    for panel in BOARD["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, f"{panel['title']} lies on another panel"
        taken |= cells
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])
        assert panel["datasource"]["uid"] == "${datasource}"


def test_every_alert_is_explained_and_has_what_prometheus_needs() -> None:
    text = (ROOT / "docs" / "watching.md").read_text()
    for rule in RULES:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert re.fullmatch(r"\d+[smh]", rule.get("for", "1m"))
        assert rule["labels"]["severity"] in ("warning", "critical") and rule["annotations"]["summary"]
        assert f"`{rule['alert']}`" in text, "say in docs/watching.md what to do"


def test_every_metric_is_explained(opened: Flask) -> None:  # noqa: F811
    text = (ROOT / "docs" / "watching.md").read_text()
    missing = [name for name in read(opened) if name.startswith("maskloop") and not _is_named(name, text)]
    assert not missing


def _is_named(name: str, text: str) -> bool:
    return any(f"`{name.removesuffix(end)}" in text for end in ("", "_bucket", "_count", "_sum", "_total"))
