"""Tokens are made, listed and revoked on the terminal; the secret stands alone on standard output."""

import json
import re

import pytest

from core.accounts import add_account
from core.api_tokens import find_token
from core.database import Database
from models import Role
from tests.unit.web.commands.conftest import Say


def test_a_token_is_made_listed_and_revoked(say: Say, database: Database) -> None:
    made = say("token", "add", "shop", "--scope", "read", "--scope", "submit", "--days", "30")
    assert made.exit_code == 0, made.stderr
    secret = made.stdout.strip()
    assert "shown this once" in made.stderr
    assert re.search(r"is valid until \d{4}-\d\d-\d\d \d\d:\d\d UTC\.", made.stderr)
    with database.read() as rows:
        assert find_token(rows, secret) is not None
    listed = json.loads(say("token", "list", "--json").stdout)
    assert (listed[0]["name"], listed[0]["scopes"]) == ("shop", ["read", "submit"])
    table = say("token", "list").stdout
    assert "shop" in table and secret not in table
    assert "is revoked" in say("token", "revoke", str(listed[0]["id"])).stdout
    with database.read() as rows:
        assert find_token(rows, secret) is None


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (("add", " ", "--scope", "read"), 2, "token_invalid"),
        (("revoke", "77"), 4, "token_not_found"),
    ],
)
def test_what_cannot_be_done_is_said(say: Say, words: tuple[str, ...], status: int, code: str) -> None:
    said = say("token", *words)
    assert (said.exit_code, said.stdout) == (status, "")
    assert said.stderr.startswith(f"maskloop: {code}: ")


def test_whoever_may_write_the_data_folder_makes_tokens_of_others(
    on_folder: Say, over_http: Say, database: Database
) -> None:
    words = ("token", "add", "x", "--scope", "review", "--person", "ann")
    unknown = on_folder(*words)
    assert unknown.exit_code == 2 and "account_not_found" in unknown.stderr
    with database.write() as rows:
        ann = add_account(rows, "ann", Role.REVIEWER)
    secret = on_folder(*words).stdout.strip()
    with database.read() as rows:
        found = find_token(rows, secret)
        assert found is not None and found[1].id == ann.id
    refused = over_http(*words)
    assert refused.exit_code == 2 and "--person works on the data folder" in refused.stderr
