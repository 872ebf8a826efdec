"""How the service stands, on the data folder and over HTTP."""

import json
import re

import pytest
from flask import Flask

from core.settings import Settings
from tests.unit.web.commands.conftest import Say


def test_the_system_is_told_as_the_api_answers_it(say: Say, app: Flask) -> None:
    settings: Settings = app.extensions["maskloop"].settings
    said = say("system", "--json")
    found = json.loads(said.stdout)
    # No broker runs here, and the folder is not set up.
    assert (said.exit_code, [*found["problems"]]) == (1, ["broker", "evidence_key"])
    assert {each["name"]: each["value"] for each in found["settings"]}["MASKLOOP_DATA"] == str(settings.data)


def test_the_system_of_a_service_is_told_in_lines(over_http: Say, app: Flask) -> None:
    said = over_http("system")
    assert said.exit_code == 1 and "problem: broker: " in said.stdout
    assert "Stored photos: 0 bytes\n" in said.stdout and "waiting: 0 batches of 0 jobs\n" in said.stdout
    assert re.search(r"^disk: [\d.,]+ [GT]B free of ", said.stdout, re.MULTILINE)
    assert f"MASKLOOP_DATA: {app.extensions['maskloop'].settings.data}" in said.stdout


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_health_names_what_is_wrong(say: Say, words: tuple[str, ...]) -> None:
    said = say("health", *words)
    assert said.exit_code == 1
    if words:
        assert json.loads(said.stdout)["checks"]["broker"]["ok"] is False
    else:
        assert "BAD broker: " in said.stdout


def test_a_part_is_that_of_this_host(on_folder: Say) -> None:
    """Whichever service the environment names: a container's check asks about its own process."""
    said = on_folder("health", "worker", "--json", "--url", "http://127.0.0.1:1")
    found = json.loads(said.stdout)
    assert (said.exit_code, found["part"], found["ok"]) == (1, "worker", False)
