"""People are added, invited and lose their access by commands."""

import json

from flask import Flask

from core.settings import Settings
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


def test_the_link_of_a_data_folder_names_the_address_of_its_service(on_folder: Say, app: Flask) -> None:
    settings: Settings = app.extensions["maskloop"].settings
    link = on_folder("people", "add", "bob").stdout
    assert link.startswith(f"http://127.0.0.1:{settings.port}/sign-in/")
