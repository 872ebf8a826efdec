"""XML in the encodings and with the mistakes of real annotation tools and editors."""

import xml.etree.ElementTree as ElementTree

import pytest

from core.labels.lenient_xml import parse_xml

_CHINESE = "<annotation><path>D:\\口罩\\图片 1.jpg</path><object><name>mask</name></object></annotation>"
_WESTERN = "<annotation><path>C:\\Müller & Söhne\\é.jpg</path><object><name>mask</name></object></annotation>"


def _declared(encoding: str) -> str:
    return f'<?xml version="1.0" encoding="{encoding}"?>\n'


@pytest.mark.parametrize(
    "data",
    [
        _CHINESE.encode("utf-8"),
        _CHINESE.encode("gb18030"),
        (_declared("gb2312") + _CHINESE).encode("gbk"),
        (_declared("GBK") + _CHINESE).encode("gbk"),
        (_declared("utf-8") + _CHINESE).encode("gb18030"),
        (_declared("utf-16") + _CHINESE).encode("utf-16"),
        _CHINESE.encode("utf-16-le"),
        (_declared("UTF-16") + _CHINESE).encode("utf-16-be"),
        _CHINESE.encode("utf-8-sig"),
        (_declared("big5") + _CHINESE.replace("图片", "圖片")).encode("big5"),
        # A declared UTF-16 of a file that an editor stored as UTF-8.
        (_declared("utf-16") + _CHINESE).encode("utf-8"),
        (_declared("no-such-encoding") + _CHINESE).encode("utf-8"),
        b"\r\n  " + (_declared("utf-8") + _CHINESE).encode("utf-8"),
    ],
)
def test_chinese_editors(data: bytes) -> None:
    root = parse_xml(data)
    assert root.findtext("object/name") == "mask"
    assert root.findtext("path", "").startswith("D:\\口罩\\")


@pytest.mark.parametrize(
    "data",
    [
        _WESTERN.encode("cp1252"),
        (_declared("windows-1252") + _WESTERN).encode("cp1252"),
        (_declared("iso-8859-1") + _WESTERN).encode("latin-1"),
        (_declared("utf-8") + _WESTERN).encode("cp1252"),
        _WESTERN.encode("utf-8"),
    ],
)
def test_western_editors_and_a_bare_ampersand(data: bytes) -> None:
    root = parse_xml(data)
    assert root.findtext("object/name") == "mask"
    assert root.findtext("path") == "C:\\Müller & Söhne\\é.jpg"


def test_entities_that_xml_knows_are_read_and_others_are_text() -> None:
    root = parse_xml(b"<a><path>A&amp;B &lt;&#233;&gt; R&D &nbsp; &e1;</path>\x08</a>")
    assert root.findtext("path") == "A&B <é> R&D &nbsp; &e1;"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_declared_entities_are_refused_in_every_encoding(encoding: str) -> None:
    entities = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(12))
    bomb = f'<!DOCTYPE a [<!ENTITY e0 "ha">{entities}]><annotation>&e12;</annotation>'
    with pytest.raises(ValueError, match="entities"):
        parse_xml(bomb.encode(encoding))
    outside = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><annotation>&x;</annotation>'
    with pytest.raises(ValueError, match="entities"):
        parse_xml(outside.encode(encoding))


@pytest.mark.parametrize("data", [b"", b"no xml", b"<a><b></a>", b"\xff\xd8\xff\xe0JFIF", b"<a>"])
def test_what_is_not_xml_is_refused(data: bytes) -> None:
    with pytest.raises((ElementTree.ParseError, ValueError)):
        parse_xml(data)
