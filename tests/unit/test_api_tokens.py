"""Keys of requests: one job for a key, however many send it at once, and none kept for ever."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from core.accounts import ensure_owner
from core.api_tokens import add_token, find_repeated, keep_key
from core.database import Database, read_clock
from core.errors import InputError
from core.predict.extract.job_kind import ExtractOptions, request_extract
from models import IdempotencyKey, Job, Scope
from tests.cases import in_one_test

_REQUEST = "r" * 64


@pytest.fixture
def token_id(db: Database) -> int:
    with db.write() as session:
        return add_token(session, ensure_owner(session), name="x", scopes=[Scope.SUBMIT], days=1)[0].id


class _TakenError(Exception):
    pass


def _request(db: Database, token_id: int, key: str) -> int:
    """As the API does: the job of the key, or a new one; again if another request was faster."""
    try:
        with db.write() as session:
            earlier = find_repeated(session, token_id, key, _REQUEST)
            if earlier is not None:
                return earlier
            job = request_extract(session, ExtractOptions(), account_id=None)
            if not keep_key(session, token_id, key, _REQUEST, job):
                raise _TakenError
            return job.id
    except _TakenError:
        return _request(db, token_id, key)


def test_requests_with_one_key_at_once_start_one_job(db: Database, token_id: int) -> None:
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: _request(db, token_id, "k"), range(24)))
    assert len(set(found)) == 1
    with db.read() as session:
        assert session.scalars(select(func.count()).select_from(Job)).one() == 1


def test_a_key_is_free_again_after_a_day_and_expired_ones_go(db: Database, token_id: int) -> None:
    first, other = _request(db, token_id, "k"), _request(db, token_id, "other")
    assert _request(db, token_id, "k") == first
    with db.write() as session:
        then = read_clock(session) - timedelta(days=1, seconds=1)
        session.execute(update(IdempotencyKey).values(created_at=then))
    with ThreadPoolExecutor(8) as threads:
        again = set(threads.map(lambda _: _request(db, token_id, "k"), range(16)))
    assert len(again) == 1 and not again & {first, other}
    with db.read() as session:
        assert list(session.scalars(select(IdempotencyKey.key))) == ["k"]


@in_one_test("key", ["", "x" * 129, "ключ"])
def test_a_key_that_no_column_holds_is_refused(db: Database, token_id: int, key: str) -> None:
    with db.read() as session, pytest.raises(InputError) as error:
        find_repeated(session, token_id, key, _REQUEST)
    assert error.value.code == "idempotency_key_invalid"
