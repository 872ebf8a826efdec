"""Signs of life, whatever the sweep of copies beside them does."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import select

from core.database import Database
from core.settings import Settings
from core.storage.copies import Copies
from core.storage.installation import COPIES
from models import Heartbeat, ServicePart
from tests.acceptance.service import wait_until
from tests.cases import ON_SQLITE
from workers.heart import Heart


def _beat(db: Database, settings: Settings) -> None:
    Heart(db, ServicePart.WORKER, settings.with_changes(files="s3://bucket/files")).beat()
    with db.read() as session:
        assert len(session.scalars(select(Heartbeat)).all()) == 1


@ON_SQLITE
def test_a_sweep_that_takes_long_holds_up_no_beat(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweeping, may_end = threading.Event(), threading.Event()

    def look_at_many_files(_copies: Copies, _clock: float) -> int:
        sweeping.set()
        assert may_end.wait(30)
        return 0

    monkeypatch.setattr(Copies, "_delete_old", look_at_many_files)
    beating = threading.Thread(target=_beat, args=(db, settings))
    beating.start()
    try:
        assert sweeping.wait(30)
        beating.join(20)
        assert not beating.is_alive()
    finally:
        may_end.set()
        beating.join()


@ON_SQLITE
def test_a_disk_that_refuses_a_sweep_ends_no_thread_that_beats(
    db: Database, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.data.mkdir()
    Path(settings.data / COPIES).write_bytes(b"no folder")
    _beat(db, settings)
    said = ""

    def is_said() -> bool:
        nonlocal said
        said += "".join(capsys.readouterr())
        return "copies_not_swept" in said

    assert wait_until(is_said, seconds=10, what="a line in the log")
