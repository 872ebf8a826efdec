"""All that the pages do a program can do: each action of a page has its operation, or a job of a kind."""

import tomllib
from pathlib import Path

from flask import Flask

import core.job_kinds
from core.jobs.kinds import get_kind

_TABLE = tomllib.loads(Path(__file__).with_name("page_operations.toml").read_text())


def _actions(app: Flask, *, of_api: bool) -> set[str]:
    """Method and route of everything that is no reading."""
    return {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/v1") is of_api
    }


def test_every_action_of_a_page_has_an_operation(one_app: Flask) -> None:
    rows = [name for part in _TABLE.values() for name in part]
    actions = _actions(one_app, of_api=False)
    assert not actions - set(rows), "say in page_operations.toml what a program does instead"
    assert not set(rows) - actions, "these rows have no route"
    assert len(rows) == len(set(rows))


def test_the_operations_and_kinds_are_there(one_app: Flask) -> None:
    assert not set(_TABLE["operations"].values()) - _actions(one_app, of_api=True)
    assert core.job_kinds.JOB_KINDS
    for name in _TABLE["kinds"].values():
        assert get_kind(name).start is not None, f"{name} cannot be requested"
