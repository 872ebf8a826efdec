"""Files that have stopped growing, and when they become a job."""

import pytest

from core.library.files.scan import ScannedFile
from core.schedules.watching.options import WatchOptions
from core.schedules.watching.settling import Settling, fingerprint_of

OPTIONS = WatchOptions(settle_seconds=3, gather_seconds=30, most_photos=4)


def file(name: str, size: int = 10, mtime_ns: int = 1) -> ScannedFile:
    return ScannedFile(relative=name.encode(), size=size, mtime_ns=mtime_ns)


def look(settling: Settling, now: float, *files: ScannedFile) -> list[str]:
    """What becomes a job after a look that saw these new files."""
    settling.begin_look()
    settling.see([(fingerprint_of(each), each) for each in files], now)
    settling.end_look()
    return [new.file.relative.decode() for new in settling.due(OPTIONS, now)]


@pytest.mark.parametrize("grown", [file("a.jpg", size=11), file("a.jpg", mtime_ns=2)])
def test_a_file_that_grows_begins_to_settle_anew(grown: ScannedFile) -> None:
    settling = Settling()
    assert look(settling, 0, file("a.jpg")) == []
    assert look(settling, 2.9, grown) == []
    assert look(settling, 5.8, grown) == []
    assert look(settling, 5.9, grown) == ["a.jpg"]


def test_files_that_arrive_together_share_a_job() -> None:
    settling = Settling()
    assert look(settling, 0, file("a.jpg")) == []
    assert look(settling, 3, file("a.jpg"), file("b.jpg")) == [], "another one is still growing"
    assert look(settling, 6, file("a.jpg"), file("b.jpg")) == ["a.jpg", "b.jpg"]


def test_a_file_waits_for_others_no_longer_than_it_may() -> None:
    settling = Settling()
    look(settling, 0, file("a.jpg"))
    for now in range(1, 33):
        assert look(settling, now, file("a.jpg"), file("b.jpg", size=now)) == []
    assert look(settling, 33, file("a.jpg"), file("b.jpg", size=33)) == ["a.jpg"]


def test_enough_files_for_a_job_wait_for_no_other() -> None:
    settling = Settling()
    four = [file(f"{n}.jpg") for n in range(4)]
    look(settling, 0, *four)
    assert len(look(settling, 3, *four, file("late.jpg"))) == 4


def test_by_hand_what_has_settled_does_not_wait() -> None:
    settling = Settling()
    look(settling, 0, file("a.jpg"))
    look(settling, 3, file("a.jpg"), file("b.jpg"))
    assert [new.file.relative for new in settling.due(OPTIONS, 3, at_once=True)] == [b"a.jpg"]


def test_a_file_that_is_gone_is_forgotten() -> None:
    settling = Settling()
    look(settling, 0, file("a.jpg"))
    assert look(settling, 3) == []
    assert len(settling) == 0


def test_an_empty_file_has_a_minute_to_get_its_first_bytes() -> None:
    settling = Settling()
    look(settling, 0, file("a.jpg", size=0))
    assert look(settling, 59, file("a.jpg", size=0)) == []
    assert look(settling, 60, file("a.jpg", size=0)) == ["a.jpg"]


def test_fingerprints_tell_name_size_time_and_error_apart() -> None:
    files = [
        file("a.jpg"), file("b.jpg"), file("a.jpg", size=11), file("a.jpg", mtime_ns=2),
        ScannedFile(relative=b"a.jpg", size=10, mtime_ns=1, error="file_unreadable"),
    ]  # fmt: skip
    assert len({fingerprint_of(each) for each in files}) == len(files)
    assert fingerprint_of(file("a.jpg")) == fingerprint_of(file("a.jpg"))
