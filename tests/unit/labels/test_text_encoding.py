"""Text of any editor is read in its own encoding."""

import pytest

from core.labels.text_encoding import decode_text, guess_encoding

_PLAIN = "filename,label\na.jpg,mask\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_plain_text_in_any_encoding(encoding: str) -> None:
    assert decode_text(_PLAIN.encode(encoding)) == _PLAIN


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("口罩.jpg,口罩", "gb18030"),
        ("口罩.jpg,口罩", "utf-8"),
        ("Müller é.jpg,Maske", "cp1252"),
        ("Müller é.jpg,Maske", "utf-8"),
        ("a.jpg фото 口罩", "utf-16-le"),
    ],
)
def test_letters_beyond_ascii(text: str, encoding: str) -> None:
    assert decode_text(text.encode(encoding)) == text


def test_one_damaged_character_makes_no_other_encoding() -> None:
    whole = "口罩 фото é.jpg\n" * 20
    data = whole.encode()
    damaged = data[:30] + b"\xff" + data[31:]
    assert guess_encoding(damaged) == "utf-8-sig"
    assert decode_text(damaged).count("口罩") >= 19


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_beginning_may_end_inside_a_character(encoding: str) -> None:
    data = ("a" * 99 + "口罩").encode(encoding)
    found = {guess_encoding(data[:size]) for size in range(99 + len("口".encode(encoding)), len(data))}
    assert found == {"utf-8-sig" if encoding == "utf-8" else "gb18030"}
