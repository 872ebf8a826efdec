"""What is backed up is restored: every row, every file, on both databases."""

import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from core.backup.make import check_backup
from core.backup.manifest import FileEntry, find_newest, list_backups, read_entries
from core.database import Database, read_clock
from core.errors import InputError
from core.settings import Settings
from models import Account, Batch, BatchState, Job, SplitGroup, WorkCount
from tests.unit.backup.conftest import back_up, files_of, restore, rows_of, store_photo

pytestmark = pytest.mark.slow


def test_every_row_and_file_comes_back(
    installed: Settings, target: Callable[[], Settings], folder: Path
) -> None:
    summary = back_up(installed, folder)
    assert check_backup(folder, summary.name) > 5
    restored = target()
    restore(restored, folder)
    assert rows_of(restored) == rows_of(installed)
    assert files_of(restored) == files_of(installed)
    for name in ("secret_key", "evidence-key.pem"):
        assert stat.S_IMODE((restored.data / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(restored.data.stat().st_mode) == 0o700
    photo = next((installed.data / "photos").glob("*/*/*"))
    again = restored.data / photo.relative_to(installed.data)
    assert again.stat().st_mtime_ns == photo.stat().st_mtime_ns, "retention goes by this time"


def test_new_rows_get_new_numbers(installed: Settings, target: Callable[[], Settings], folder: Path) -> None:
    back_up(installed, folder)
    restored = target()
    restore(restored, folder)
    database = Database(restored.sql_url)
    with database.write() as session:
        before = session.scalars(select(func.max(Account.id))).one()
        session.add(added := Account(name="ann", created_at=read_clock(session)))
        session.flush()
        assert added.id == before + 1
    database.dispose()


def test_the_second_backup_copies_what_is_new(
    installed: Settings, target: Callable[[], Settings], folder: Path
) -> None:
    first = back_up(installed, folder)
    before = files_of(installed)
    gone = next((installed.data / "photos").glob("*/*/*"))
    gone.unlink()
    store_photo(installed, b"a new one")
    (installed.data / "reports" / "1" / "photos.csv").write_text("name\nchanged\n")
    second = back_up(installed, folder)
    assert (second.new_files, second.files) == (2, first.files)
    restored = target()
    restore(restored, folder, first.name)
    assert files_of(restored) == before, "what the earlier backup needs stays"
    newest = target()
    restore(newest, folder)
    assert files_of(newest) == files_of(installed)
    assert list_backups(folder) == [first.name, second.name]


def test_nobody_else_may_read_a_backup(installed: Settings, folder: Path) -> None:
    back_up(installed, folder)
    for path in (folder, *folder.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_folder_that_nobody_thought_of_is_backed_up(installed: Settings, folder: Path) -> None:
    (installed.data / "kept-by-a-later-release").mkdir()
    (installed.data / "kept-by-a-later-release" / "file").write_text("important")
    elsewhere = folder.with_name("other-disk")
    elsewhere.mkdir()
    (elsewhere / "linked").write_text("on another disk")
    (installed.data / "linked").symlink_to(elsewhere)
    (elsewhere / "circle").symlink_to(installed.data)
    back_up(installed, folder)
    entries = read_entries(folder, find_newest(folder))
    files = [entry.file for entry in entries if isinstance(entry, FileEntry)]
    assert {"kept-by-a-later-release/file", "linked/linked", "secret_key", "folder-id"} <= set(files)
    assert not [
        name for name in files if name.startswith(("crops/", "thumbnails/", "incoming/", "maskloop."))
    ]
    assert len(files) == len(set(files))


def test_a_damaged_photo_is_told_and_kept_as_it_is(
    installed: Settings, target: Callable[[], Settings], folder: Path
) -> None:
    damaged = next((installed.data / "photos").glob("*/*/*"))
    damaged.write_bytes(b"cut")
    summary = back_up(installed, folder)
    assert summary.damaged == (str(damaged.relative_to(installed.data)),)
    restored = target()
    restore(restored, folder)
    assert (restored.data / damaged.relative_to(installed.data)).read_bytes() == b"cut"


def test_a_photo_that_was_damaged_later_costs_no_earlier_backup(
    installed: Settings, target: Callable[[], Settings], folder: Path
) -> None:
    first = back_up(installed, folder)
    before = files_of(installed)
    next((installed.data / "photos").glob("*/*/*")).write_bytes(b"cut")
    assert len(back_up(installed, folder).damaged) == 1
    check_backup(folder, first.name)
    restored = target()
    restore(restored, folder, first.name)
    assert files_of(restored) == before


def test_a_backup_is_of_one_moment_though_others_write(
    installed: Settings, target: Callable[[], Settings], folder: Path
) -> None:
    """Two tables that each transaction keeps equal are equal in the backup."""
    database, stop, written = Database(installed.sql_url), threading.Event(), threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            with database.write() as session:
                now = read_clock(session)
                session.execute(insert(SplitGroup).values(key=f"k{number}", split="train", created_at=now))
                values = {"stage": f"s{number}", "event": "done", "bucket": 0}
                session.execute(insert(WorkCount).values(**values, number=1, seconds=0.0, photos=0))
            written.set()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        assert written.wait(20)
        for _ in range(2):
            back_up(installed, folder)
    finally:
        stop.set()
        thread.join()
        database.dispose()
    for name in list_backups(folder):
        restored = target()
        restore(restored, folder, name)
        rows = rows_of(restored)
        assert len(rows["split_group"]) == len(rows["work_count"]) > 0


def test_what_workers_held_is_free_after_a_restore(
    installed: Settings, target: Callable[[], Settings], folder: Path
) -> None:
    database = Database(installed.sql_url)
    with database.write() as session:
        batch = session.scalars(select(Batch).order_by(Batch.id).limit(1)).one()
        batch.state, batch.token, batch.worker = BatchState.LEASED, "t" * 32, "other:1"
        batch.lease_until = read_clock(session)
    back_up(installed, folder)
    database.dispose()
    restored = target()
    restore(restored, folder)
    database = Database(restored.sql_url)
    with database.read() as session:
        assert set(session.scalars(select(Batch.state))) == {BatchState.WAITING}
        assert set(session.scalars(select(Batch.token))) == {None}
        assert session.scalars(select(Job.photos_found)).one() == 12
    database.dispose()


def test_a_backup_inside_the_data_folder_is_refused(installed: Settings) -> None:
    with pytest.raises(InputError, match="its own backups") as refused:
        back_up(installed, installed.data / "backups")
    assert refused.value.code == "backup_inside_data"
