"""Tokens are made, listed and revoked on the terminal; the secret stands alone on standard output."""

import json
import shutil
from pathlib import Path

import pytest

from core.accounts import ensure_owner
from core.api_tokens import find_token
from core.database import Database
from tests.unit.web.test_cli import say


@pytest.fixture
def database(tmp_path: Path, sqlite_tables: Path) -> Database:
    shutil.copyfile(sqlite_tables, tmp_path / "maskloop.sqlite")
    database = Database(f"sqlite:///{tmp_path / 'maskloop.sqlite'}")
    with database.write() as rows:
        ensure_owner(rows)
    return database


def test_a_token_is_made_listed_and_revoked(tmp_path: Path, database: Database) -> None:
    made = say(tmp_path, "token", "add", "shop", "--scope", "read", "--scope", "submit", "--days", "30")
    assert made.exit_code == 0, made.stderr
    secret = made.stdout.strip()
    assert "shown this once" in made.stderr
    with database.read() as rows:
        assert find_token(rows, secret) is not None
    listed = json.loads(say(tmp_path, "token", "list", "--json").stdout)
    assert [(token["name"], token["scopes"]) for token in listed] == [("shop", ["read", "submit"])]
    table = say(tmp_path, "token", "list").stdout
    assert "shop" in table and secret not in table
    assert "is revoked" in say(tmp_path, "token", "revoke", str(listed[0]["id"])).stdout
    with database.read() as rows:
        assert find_token(rows, secret) is None
    database.dispose()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("add", "x", "--scope", "read", "--person", "nobody"), "account_not_found"),
        (("add", " ", "--scope", "read"), "token_invalid"),
        (("revoke", "7"), "token_not_found"),
    ],
)
def test_what_cannot_be_done_is_said(
    tmp_path: Path, database: Database, words: tuple[str, ...], code: str
) -> None:
    said = say(tmp_path, "token", *words)
    assert (said.exit_code, said.stdout) == (2, "")
    assert said.stderr.startswith(f"maskloop: {code}: ")
    database.dispose()
