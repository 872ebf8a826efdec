"""Tell the encoding of text by its beginning, as editors and spreadsheets write it, mostly without a mark."""

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HIGH_BYTES = re.compile(rb"[\x80-\xff]+")
#: Bytes that are looked at for the zeros of UTF-16, and the least share of zeros in every second place.
_LOOKED_AT, _MANY_ZEROS = 400, 0.4
_LOST = "�"


def guess_encoding(head: bytes) -> str:
    """The codec of text with this beginning, which may end inside a character; UTF-8 without high bytes."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if (wide := _wide_encoding(head)) is not None:
        return wide
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(head)
    # A damaged character here and there does not make another encoding of it.
    if text.count(_LOST) <= sum(character > "\x7f" for character in text) // 2:
        return "utf-8-sig"
    return guess_of_high_bytes(head)


def guess_of_high_bytes(head: bytes) -> str:
    """GB18030 or Windows-1252: Chinese characters are pairs of high bytes, accented letters mostly single."""
    lengths = [len(run) for run in _HIGH_BYTES.findall(head)]
    if lengths and head[-1] > 0x7F and lengths[-1] > 1:
        # The beginning may end inside a character.
        lengths[-1] -= lengths[-1] % 2
    return "gb18030" if all(length % 2 == 0 for length in lengths) else "cp1252"


def decode_text(data: bytes) -> str:
    """A whole small file as text, whatever its encoding; what cannot be read becomes U+FFFD."""
    return data.decode(guess_encoding(data), "replace")


def _wide_encoding(head: bytes) -> str | None:
    """UTF-16 without a mark, by the zeros beside its ASCII characters."""
    part = head[:_LOOKED_AT]
    even, odd = part[::2].count(0), part[1::2].count(0)
    if odd >= 2 and odd > _MANY_ZEROS * len(part[1::2]) and not even:
        return "utf-16-le"
    return "utf-16-be" if even >= 2 and even > _MANY_ZEROS * len(part[::2]) and not odd else None
