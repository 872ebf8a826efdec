"""Names in any script stay readable; no character can break a line or hide text."""

import pytest

from core.library.files.names import display_name, is_archive_name, is_photo_name, raw_name


@pytest.mark.parametrize(
    "name", ["photo.jpg", "口罩 маска café.jpg", "كمامة.png", "मास्क\u200d.jpg", "😷.heic", "a b'\"<&>.jpg"]
)
def test_names_of_people_stay_as_they_are(name: str) -> None:
    assert display_name(name.encode()) == name


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"two\nlines.jpg", r"two\nlines.jpg"),
        (b"tab\tand\x00nul", r"tab\tand\x00nul"),
        (b"latin-\xe9.jpg", r"latin-\xe9.jpg"),
        ("turned\u202egnp.exe".encode(), r"turned\u202egnp.exe"),
        ("line\u2028end".encode(), r"line\u2028end"),
        (b"\x1b[31mred", r"\x1b[31mred"),
    ],
)
def test_hidden_characters_are_made_visible(raw: bytes, shown: str) -> None:
    assert display_name(raw) == shown


def test_raw_name_is_what_the_file_system_holds() -> None:
    assert raw_name("caf\udce9.jpg") == b"caf\xe9.jpg"


@pytest.mark.parametrize(
    "name", [b"a.jpg", b"A.JPEG", b"x/y.HeIc", "口罩.webp".encode(), b"a.b.png", b"\xff.gif"]
)
def test_photo_names(name: bytes) -> None:
    assert is_photo_name(name)


@pytest.mark.parametrize("name", [b"a.txt", b"jpg", b".jpg", b"a.jpg.zip", b"a", b""])
def test_other_names(name: bytes) -> None:
    assert not is_photo_name(name)


def test_archive_names() -> None:
    assert is_archive_name(b"inner.ZIP")
    assert is_archive_name(b"a.tar.gz")
    assert not is_archive_name(b"zip")
    assert not is_archive_name(b"a.jpg")
