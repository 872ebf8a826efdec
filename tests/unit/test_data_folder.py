"""A database belongs to one data folder, and refuses another."""

from pathlib import Path

import pytest

from core.data_folder import require_own_folder, tie_folder
from core.database import Database
from core.errors import PermanentError


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    return tmp_path / "one", tmp_path / "two"


def test_the_first_set_up_ties_both_and_later_ones_change_nothing(
    db: Database, folders: tuple[Path, Path]
) -> None:
    with db.write() as session:
        require_own_folder(session, folders[0])
        tie_folder(session, folders[0])
    found = (folders[0] / "folder-id").read_text()
    with db.write() as session:
        tie_folder(session, folders[0])
        require_own_folder(session, folders[0])
    assert (folders[0] / "folder-id").read_text() == found


@pytest.mark.parametrize("other_id", [None, "of another database"])
def test_another_folder_is_refused_until_it_is_adopted(
    db: Database, folders: tuple[Path, Path], other_id: str | None
) -> None:
    if other_id is not None:
        (folders[1] / "folder-id").write_text(other_id)
    with db.write() as session:
        tie_folder(session, folders[0])
    for check in (tie_folder, require_own_folder):
        with pytest.raises(PermanentError) as refused, db.write() as session:
            check(session, folders[1])
        assert refused.value.code == "data_folder_foreign"
    assert (folders[1] / "folder-id").exists() is (other_id is not None)
    with db.write() as session:
        tie_folder(session, folders[1], adopt=True)
        require_own_folder(session, folders[1])


def test_a_new_database_takes_the_id_of_a_known_folder(db: Database, folders: tuple[Path, Path]) -> None:
    (folders[0] / "folder-id").write_text("known")
    with db.write() as session:
        tie_folder(session, folders[0])
        require_own_folder(session, folders[0])
    assert (folders[0] / "folder-id").read_text() == "known"
