"""Parse XML as annotation tools and text editors really write it: any encoding, declared or not, a bare `&`.

The fields that an annotation is read for are ASCII, so a path in a wrongly guessed encoding costs nothing.
"""

import codecs
import re
import xml.etree.ElementTree as ElementTree

_DECLARATION = re.compile(r"\s*<\?xml\b.*?\?>", re.DOTALL)
_DECLARED = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)""")
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]+|#x[0-9a-fA-F]+);)")
#: Characters that XML 1.0 does not allow.
_NOT_ALLOWED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_HIGH_BYTES = re.compile(rb"[\x80-\xff]+")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: Declared names of Chinese encodings; GB18030 includes the others, which editors mix up.
_CHINESE = frozenset(("gb2312", "gbk", "gb18030", "cp936", "hz"))


def parse_xml(data: bytes) -> ElementTree.Element:
    """The root element; ParseError or ValueError for what is not XML or declares entities."""
    text = _decoded(data)
    if "<!ENTITY" in text:
        raise ValueError("it declares entities, which are not read")
    text = _NOT_ALLOWED.sub("", _DECLARATION.sub("", text, count=1).strip())
    # No entity is declared, and what looks like one becomes text, so nothing can expand.
    return ElementTree.fromstring(_BARE_AMPERSAND.sub("&amp;", text))  # noqa: S314


def _decoded(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.removeprefix(mark).decode(encoding, "replace")
    if data[:4] in (b"<\0?\0", b"<\0a\0"):
        return data.decode("utf-16-le", "replace")
    if data[:4] in (b"\0<\0?", b"\0<\0a"):
        return data.decode("utf-16-be", "replace")
    for encoding in (_declared(data), "utf-8"):
        try:
            return data.decode(encoding)
        # An unknown name raises LookupError.
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode(_guessed(data), "replace")


def _declared(data: bytes) -> str:
    """The encoding that the file names; UTF-8 if none."""
    found = _DECLARED.match(data.lstrip()[:200])
    name = found[1].decode("ascii").lower() if found else "utf-8"
    # These bytes were readable as ASCII, so the file is not in UTF-16, whatever it says.
    return "gb18030" if name in _CHINESE else "utf-8" if name.startswith("utf") else name


def _guessed(data: bytes) -> str:
    """Chinese characters are pairs of high bytes, accented letters mostly single ones."""
    runs = _HIGH_BYTES.findall(data)
    return "gb18030" if all(len(run) % 2 == 0 for run in runs) else "cp1252"
