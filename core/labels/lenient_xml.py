"""Parse XML as annotation tools and text editors really write it: any encoding, declared or not, a bare `&`.

The fields that an annotation is read for are ASCII, so a path in a wrongly guessed encoding costs nothing.
"""

import codecs
import re
import xml.etree.ElementTree as ElementTree
from typing import BinaryIO

from core.labels.text_encoding import guess_of_high_bytes

_DECLARATION = re.compile(r"\s*<\?xml\b.*?\?>", re.DOTALL)
_DECLARED = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)""")
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]+|#x[0-9a-fA-F]+);)")
#: Characters that XML 1.0 does not allow.
_NOT_ALLOWED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: Characters at the end of a part that may be the beginning of a reference.
_LONGEST_REFERENCE = 12
_CHUNK = 1 << 18
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: Declared names of Chinese encodings; GB18030 includes the others, which editors mix up.
_CHINESE = frozenset(("gb2312", "gbk", "gb18030", "cp936", "hz"))


def parse_xml(data: bytes) -> ElementTree.Element:
    """The root element; ParseError or ValueError for what is not XML or declares entities."""
    text = data.decode(_encoding(data), "replace")
    if "<!ENTITY" in text:
        raise ValueError("it declares entities, which are not read")
    text = _readable(_without_declaration(text).strip())
    # No entity is declared, and what looks like one becomes text, so nothing can expand.
    return ElementTree.fromstring(text)  # noqa: S314


class ReadableXml:
    """A stream of XML of any size and encoding as plain UTF-8, in which a bare `&` is text."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        first = stream.read(_CHUNK)
        self._decoder = codecs.getincrementaldecoder(_encoding(first, is_whole=False))("replace")
        self._kept, self._ended = _without_declaration(self._decoder.decode(first)), not first

    def read(self, _size: int = -1, /) -> bytes:
        """Some of the text, of any length; empty at the end."""
        while not self._ended:
            data = self._stream.read(_CHUNK)
            self._ended = not data
            text = self._kept + self._decoder.decode(data, final=self._ended)
            at = -1 if self._ended else text.find("&", max(0, len(text) - _LONGEST_REFERENCE))
            ready, self._kept = (text, "") if at < 0 else (text[:at], text[at:])
            if ready:
                return _readable(ready).encode("utf-8", "replace")
        return b""


def _readable(text: str) -> str:
    return _BARE_AMPERSAND.sub("&amp;", _NOT_ALLOWED.sub("", text))


def _without_declaration(text: str) -> str:
    """What a declaration says of the encoding no longer holds."""
    return _DECLARATION.sub("", text.removeprefix("\ufeff"), count=1).lstrip()


def _encoding(data: bytes, *, is_whole: bool = True) -> str:
    """The encoding of a file, of which `data` is the beginning unless `is_whole`."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    if data[:4] in (b"<\0?\0", b"<\0a\0"):
        return "utf-16-le"
    if data[:4] in (b"\0<\0?", b"\0<\0a"):
        return "utf-16-be"
    for encoding in (_declared(data), "utf-8"):
        try:
            # An unknown name raises LookupError, and so does a codec that is not of text.
            b"a".decode(encoding)
            codecs.getincrementaldecoder(encoding)().decode(data, final=is_whole)
        except (UnicodeError, LookupError):
            continue
        return encoding
    return guess_of_high_bytes(data)


def _declared(data: bytes) -> str:
    """The encoding that the file names; UTF-8 if none."""
    found = _DECLARED.match(data.lstrip()[:200])
    name = found[1].decode("ascii").lower() if found else "utf-8"
    # These bytes were readable as ASCII, so the file is not in UTF-16, whatever it says.
    return "gb18030" if name in _CHINESE else "utf-8" if name.startswith("utf") else name
