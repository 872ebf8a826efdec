"""Promotion and rollback: one champion at a time, with its history."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from core.accounts import ensure_owner
from core.database import Database
from core.errors import InputError
from core.settings import Settings
from core.versions.files import keep_shipped, version_files
from core.versions.queries import find_rollback_target, list_promotions, read_champion
from core.versions.store import promote, register_shipped, roll_back
from models import ClassifierVersion, PromotionKind
from tests.labelled import add_candidate


@pytest.fixture
def shipped(db: Database, settings: Settings) -> int:
    kept = keep_shipped(version_files(settings))
    with db.write() as session:
        return register_shipped(session, kept).id


def add(db: Database, name: str) -> int:
    with db.write() as session:
        return add_candidate(session, name).id


def make_champion(db: Database, version_id: int, kind: PromotionKind = PromotionKind.PERSON) -> None:
    with db.write() as session:
        promote(session, version_id, kind=kind, account_id=None)


def champion(db: Database) -> int:
    with db.read() as session:
        return read_champion(session).id


def test_overruling_the_gate_needs_a_reason(db: Database, shipped: int) -> None:
    candidate = add(db, "b")
    with db.write() as session:
        owner = ensure_owner(session).id
        with pytest.raises(InputError) as caught:
            promote(session, candidate, kind=PromotionKind.OVERRULED, account_id=owner, reason="  why ")
        assert caught.value.code == "reason_needed"
        reason = "Better where we use it, with scarves."
        promote(session, candidate, kind=PromotionKind.OVERRULED, account_id=owner, reason=reason)
    with db.read() as session:
        newest = list_promotions(session)[0]
    assert (newest.reason, newest.account_id, newest.previous_id) == (reason, owner, shipped)


def test_each_rollback_goes_one_champion_further_back(db: Database, shipped: int) -> None:
    second, third = add(db, "b"), add(db, "c")
    make_champion(db, second)
    make_champion(db, third)
    for expected in (second, shipped):
        with db.write() as session:
            roll_back(session, account_id=None)
        assert champion(db) == expected
    with db.write() as session:
        assert find_rollback_target(session) is None
        with pytest.raises(InputError) as caught:
            roll_back(session, account_id=None)
    assert caught.value.code == "nothing_to_roll_back"
    make_champion(db, third)
    with db.read() as session:
        assert find_rollback_target(session).id == shipped


def test_the_champion_is_not_promoted_again(db: Database, shipped: int) -> None:
    with db.write() as session, pytest.raises(InputError) as caught:
        promote(session, shipped, kind=PromotionKind.PERSON, account_id=None)
    assert caught.value.code == "already_champion"


def test_promotions_at_the_same_moment_leave_one_champion(db: Database, shipped: int) -> None:
    candidates = [add(db, str(number)) for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda version: make_champion(db, version), candidates))
    with db.read() as session:
        assert (
            session.scalars(
                select(func.count()).select_from(ClassifierVersion).where(ClassifierVersion.champion)
            ).one()
            == 1
        )
        promotions = list_promotions(session)
    assert [each.previous_id for each in promotions[:-1]] == [
        each.classifier_version_id for each in promotions[1:]
    ]


def test_a_start_keeps_a_champion_promoted_by_a_person(
    db: Database, settings: Settings, shipped: int
) -> None:
    own = add(db, "trained here")
    make_champion(db, own)
    with db.write() as session:
        register_shipped(session, keep_shipped(version_files(settings)))
    assert champion(db) == own


def test_a_newer_release_replaces_an_older_ones_champion(db: Database, settings: Settings) -> None:
    older = add(db, "an older release")
    make_champion(db, older, PromotionKind.INSTALLED)
    for _ in range(2):
        with db.write() as session:
            register_shipped(session, keep_shipped(version_files(settings)))
    with db.read() as session:
        assert read_champion(session).id != older
        assert [each.kind for each in list_promotions(session)] == [PromotionKind.INSTALLED] * 2
