"""People are added, invited and lose their access by commands."""

import json
from pathlib import Path

from flask import Flask

from core.settings import Settings
from tests.access_rows import add_two_series
from tests.unit.web.commands.conftest import Say


def test_a_person_is_added_invited_and_removed(say: Say) -> None:
    added = say("people", "add", "ann", "--role", "reviewer")
    assert added.exit_code == 0, added.stderr
    assert "/sign-in/" in added.stdout and "within a day" in added.stderr
    listed = {each["name"]: each for each in json.loads(say("people", "list", "--json").stdout)}
    assert (listed["ann"]["role"], listed["owner"]["role"]) == ("reviewer", "lead")
    number = str(listed["ann"]["id"])
    assert "/sign-in/" in say("people", "link", number).stdout
    assert say("people", "remove", number, "--yes").exit_code == 0
    assert say("people", "link", "99").exit_code == 4
    again = say("people", "add", "a b")
    assert again.exit_code == 2 and len(again.stderr.splitlines()) == 1


def test_a_person_is_limited_and_freed(say: Say, app: Flask, photos: Path) -> None:
    one, two = add_two_series(app.extensions["maskloop"].database, photos)
    assert say("people", "add", "ann", "--role", "viewer", "--limited").exit_code == 0
    assert say("people", "add", "ben", "--queue", str(one.queue)).exit_code == 0
    listed = {each["name"]: each for each in json.loads(say("people", "list", "--json").stdout)}
    assert listed["ann"]["limits"] == {"series": [], "queues": []}
    assert listed["ben"]["limits"] == {"series": [], "queues": [one.queue]}
    ann = str(listed["ann"]["id"])
    given = ("--series", str(one.schedule), "--series", str(two.schedule), "--queue", str(one.queue))
    assert "sees: series 1, 2; queues 1." in say("people", "limit", ann, *given).stdout
    assert "series 1, 2; queues 1" in say("people", "list").stdout
    assert "sees: nothing." in say("people", "limit", ann).stdout
    assert "sees everything" in say("people", "limit", ann, "--everything").stdout
    assert say("people", "limit", ann, "--everything", "--series", "1").exit_code == 2
    assert say("people", "limit", ann, "--series", "99").exit_code == 4
    lead = say("people", "limit", str(listed["owner"]["id"]))
    assert lead.exit_code != 0 and "Only viewers and reviewers" in lead.stderr


def test_the_link_of_a_data_folder_names_the_address_of_its_service(on_folder: Say, app: Flask) -> None:
    settings: Settings = app.extensions["maskloop"].settings
    link = on_folder("people", "add", "bob").stdout
    assert link.startswith(f"http://127.0.0.1:{settings.port}/sign-in/")
