"""The password of the settings, and which links a start of the service makes void."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from core.accounts import (
    PasswordHash,
    add_account,
    check_password,
    ensure_owner,
    find_signed_in,
    hash_password,
    new_sign_in_link,
    open_browser_session,
    redeem_link,
    set_first_password,
    set_password,
)
from core.database import Database
from core.errors import InputError
from models import Role


@pytest.fixture
def session(db: Database) -> Iterator[Session]:
    with db.write() as session:
        yield session


def test_the_password_of_the_settings_is_set_once(db: Database) -> None:
    with db.write() as session:
        owner = ensure_owner(session)
    assert set_first_password(db, "the first password")
    with db.read() as session:
        assert check_password(session, "owner", "the first password").id == owner.id
    assert set_first_password(db, "the first password")


def test_a_changed_password_outlives_a_restart_with_the_old_one(db: Database) -> None:
    with db.write() as session:
        owner = ensure_owner(session)
    set_first_password(db, "the first password")
    hashed = hash_password("the second password")
    with db.write() as session:
        set_password(session, "owner", hashed)
        token = open_browser_session(session, owner)
    assert not set_first_password(db, "the first password")
    with db.read() as session:
        assert check_password(session, "owner", "the second password").id == owner.id
        signed_in = find_signed_in(session, token)
    assert signed_in is not None and signed_in.id == owner.id


def test_nobody_waits_for_a_transaction_while_a_password_is_hashed(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.write() as session:
        ensure_owner(session)
    written: list[str] = []

    def write_meanwhile(password: str) -> PasswordHash:
        with db.write() as session:
            written.append(add_account(session, f"during-{len(written)}", Role.REVIEWER).name)
        return hash_password(password)

    monkeypatch.setattr("core.accounts.hash_password", write_meanwhile)
    assert set_first_password(db, "the first password")
    assert written == ["during-0"]


def test_a_start_makes_unused_links_of_earlier_starts_void_and_no_others(session: Session) -> None:
    ensure_owner(session)
    add_account(session, "ann", Role.REVIEWER)
    earlier = new_sign_in_link(session, of_start=True)
    printed, invited = new_sign_in_link(session), new_sign_in_link(session, name="ann")
    now = new_sign_in_link(session, of_start=True)
    with pytest.raises(InputError) as error:
        redeem_link(session, earlier)
    assert error.value.code == "link_invalid"
    assert [redeem_link(session, secret).name for secret in (printed, invited, now)] == [
        "owner",
        "ann",
        "owner",
    ]
