"""Where commands find the service and the token, and what they say of a service that refuses or is away."""

from pathlib import Path

import keyring
import keyring.errors
import pytest
from click.testing import CliRunner, Result

from benchmarks.servers import free_port
from core.database import Database
from models import Scope
from tests.unit.web.commands.conftest import Say, make_token
from web.cli import main


def at(url: str | None, *words: str, token: str | None = None, **given: str) -> Result:
    env = {"MASKLOOP_URL": url, "MASKLOOP_TOKEN": token, "MASKLOOP_TOKEN_FILE": None}
    return CliRunner().invoke(main, words, env=env, **given)


@pytest.mark.parametrize(("token", "code"), [(None, "token_missing"), ("maskloop_wrong", "token_refused")])
def test_without_a_good_token_the_status_is_three(address: str, token: str | None, code: str) -> None:
    said = at(address, "jobs", token=token)
    assert (said.exit_code, said.stdout) == (3, "")
    assert said.stderr.startswith(f"maskloop: {code}: ") and "maskloop login" in said.stderr


def test_a_token_that_may_not_has_status_three(address: str, database: Database) -> None:
    said = at(address, "token", "list", token=make_token(database, Scope.READ))
    assert said.exit_code == 3 and said.stderr.startswith("maskloop: scope_missing: ")


def test_a_service_that_is_away_has_status_five(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maskloop_client._sync.sender.pause", lambda _seconds: None)
    said = at(f"http://127.0.0.1:{free_port()}", "jobs", token="x")
    assert (said.exit_code, said.stdout) == (5, "")
    assert said.stderr.startswith("maskloop: service_unreachable: ")
    assert len(said.stderr.splitlines()) == 1


def test_an_address_that_is_none_is_said() -> None:
    said = at("nowhere", "jobs")
    assert said.exit_code == 2 and said.stderr.startswith("maskloop: client_not_configured: ")


def test_the_option_goes_before_the_environment(address: str, database: Database) -> None:
    token = make_token(database, Scope.READ)
    assert at("http://127.0.0.1:1", "jobs", "--url", address, token=token).exit_code == 0


def test_a_token_file_is_read(address: str, database: Database, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(make_token(database, Scope.READ) + "\n")
    env = {"MASKLOOP_TOKEN": None, "MASKLOOP_TOKEN_FILE": str(tmp_path / "token")}
    assert CliRunner().invoke(main, ["jobs", "--url", address], env=env).exit_code == 0


@pytest.fixture
def entries(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], str]:
    """A keyring in memory."""
    kept: dict[tuple[str, str], str] = {}

    def delete(*entry: str) -> None:
        if kept.pop(entry, None) is None:
            raise keyring.errors.PasswordDeleteError

    monkeypatch.setattr(keyring, "get_password", lambda *entry: kept.get(entry))
    monkeypatch.setattr(keyring, "set_password", lambda name, user, token: kept.update({(name, user): token}))
    monkeypatch.setattr(keyring, "delete_password", delete)
    return kept


def test_login_keeps_a_good_token_and_logout_forgets_it(
    address: str, database: Database, entries: dict[tuple[str, str], str]
) -> None:
    token = make_token(database, Scope.READ)
    assert at(address, "login", input=f"{token}\n").exit_code == 0
    assert entries == {("maskloop", address): token}
    assert at(f"{address}/", "jobs").exit_code == 0, "found with a slash at the end too"
    assert at(address, "logout").exit_code == 0 and entries == {}
    assert at(address, "jobs").exit_code == 3
    assert "No token is kept" in at(address, "logout").stdout


def test_login_keeps_no_token_that_the_service_refuses(
    address: str, entries: dict[tuple[str, str], str]
) -> None:
    said = at(address, "login", input="maskloop_wrong\n")
    assert said.exit_code == 3 and entries == {}


def test_a_token_of_another_scope_is_kept(
    address: str, database: Database, entries: dict[tuple[str, str], str]
) -> None:
    assert at(address, "login", input=make_token(database, Scope.REVIEW)).exit_code == 0
    assert len(entries) == 1


def test_a_system_without_a_keyring_says_so(
    address: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_entry: str) -> None:
        raise keyring.errors.NoKeyringError("no backend")

    monkeypatch.setattr(keyring, "set_password", fail)
    said = at(address, "login", input=make_token(database, Scope.READ))
    assert said.exit_code == 2 and "keyring_unavailable" in said.stderr
    monkeypatch.setattr("web.commands.stored_token._import", lambda: None)
    said = at(address, "login", input=make_token(database, Scope.READ))
    assert said.exit_code == 2 and "maskloop[keyring]" in said.stderr
    assert at(address, "jobs").exit_code == 3, "other commands go on without one"


def test_a_folder_that_is_not_set_up_is_said(tmp_path: Path) -> None:
    env = {"MASKLOOP_URL": None, "MASKLOOP_DATA": str(tmp_path / "elsewhere")}
    said = CliRunner().invoke(main, ["jobs"], env=env)
    assert said.exit_code == 2 and said.stderr.startswith("maskloop: database_missing: ")


def test_ctrl_c_has_status_130(on_folder: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_given: object, **_named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("web.commands.connection.Service.first", stop)
    assert on_folder("jobs").exit_code == 130
