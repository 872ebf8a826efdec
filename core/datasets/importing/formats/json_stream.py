"""Read a JSON file of any size: the elements of its outermost arrays one by one, in constant memory."""

import codecs
import io
import json
import math
from collections.abc import Iterator
from typing import Any, BinaryIO

from core.labels.text_encoding import guess_encoding

_CHUNK = 2**18
#: Characters of one element, such as one photo with all its boxes.
_MOST_ELEMENT = 2**24
#: Also a mark of the byte order, which some programs leave in the middle.
_SPACE = " \t\n\r\ufeff"
_DECODER = json.JSONDecoder()
#: Python reads no integer of more than 4,300 digits; such a number is infinite, and costs only itself.
_LONG_NUMBERS = json.JSONDecoder(parse_int=lambda digits: int(digits) if len(digits) < 400 else math.inf)


class BadJsonError(Exception):
    """The file is not JSON, or not from here on; the message says where."""


def stream_json(stream: BinaryIO) -> Iterator[tuple[str | None, Any]]:
    """Yield (key, element) for each element of an array in the outermost object, and its other values whole.

    For a file that is an array, or one object a line, the key is None. Raises BadJsonError at the place of
    the damage, after what stands before it, and what reading the stream raises.
    """
    text = _Text(stream)
    match text.peek():
        case "[":
            for element in _elements(text):
                yield None, element
        case "{":
            yield from _members(text)
        case "":
            raise BadJsonError("it is empty")
        case _:
            raise BadJsonError("it begins neither with { nor with [")


def stream_json_lines(stream: BinaryIO, encoding: str = "utf-8-sig") -> Iterator[Any]:
    """Yield the values of a file of JSON lines, then close it; other lines give a BadJsonError."""
    number = 0
    with io.TextIOWrapper(stream, encoding, "replace") as reader:
        while line := reader.readline(_MOST_ELEMENT):
            number += 1
            line = line.strip(_SPACE)
            if not line:
                continue
            try:
                yield _LONG_NUMBERS.decode(line)
            except (ValueError, RecursionError):
                yield BadJsonError(f"line {number:,} is not JSON")


def _members(text: "_Text") -> Iterator[tuple[str | None, Any]]:
    text.take("{")
    if text.peek() == "}":
        return
    while True:
        key = text.value()
        if not isinstance(key, str):
            raise BadJsonError(f"a name is missing at character {text.place:,}")
        text.take(":")
        if text.peek() == "[":
            for element in _elements(text):
                yield key, element
        else:
            yield key, text.value()
        if not text.take_comma("}"):
            return


def _elements(text: "_Text") -> Iterator[Any]:
    text.take("[")
    if text.peek() == "]":
        text.take("]")
        return
    while True:
        yield text.value()
        if not text.take_comma("]"):
            return


class _Text:
    """The characters of a stream from a place on; read further as they are needed."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        first = stream.read(_CHUNK)
        self._bytes = codecs.getincrementaldecoder(_encoding(first))("replace")
        self._buffer, self._at, self._passed = self._bytes.decode(first), 0, 0
        self._ended = len(first) == 0

    @property
    def place(self) -> int:
        """How many characters were read."""
        return self._passed + self._at

    def peek(self) -> str:
        """The next character that is no space; empty at the end."""
        while True:
            while self._at < len(self._buffer) and self._buffer[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._more():
                return ""

    def take(self, character: str) -> None:
        """Pass a character; BadJsonError if another comes."""
        if self.peek() != character:
            raise BadJsonError(f"{character} is missing at character {self.place:,}")
        self._at += 1

    def take_comma(self, end: str) -> bool:
        """Pass a comma, or the end of an array or object; returns whether more follows."""
        if self.peek() == end:
            self._at += 1
            return False
        self.take(",")
        return True

    def value(self) -> Any:
        """The next value. BadJsonError if there is none, or it has more than 16 million characters."""
        self.peek()
        while True:
            try:
                found, end = _first_value(self._buffer, self._at)
            except (ValueError, RecursionError) as error:
                if len(self._buffer) - self._at < _MOST_ELEMENT and self._more(double=True):
                    continue
                raise BadJsonError(f"no value at character {self.place:,}") from error
            # A number at the end of the buffer may go on.
            if end == len(self._buffer) and self._more():
                continue
            self._at = end
            return found

    def _more(self, *, double: bool = False) -> bool:
        """Read on; False at the end. `double` reads as much again as is there."""
        if self._ended:
            return False
        self._passed += self._at
        self._buffer, self._at = self._buffer[self._at :], 0
        data = self._stream.read(max(_CHUNK, len(self._buffer) if double else 0))
        self._ended = not data
        self._buffer += self._bytes.decode(data, final=self._ended)
        return True


def _first_value(text: str, at: int) -> tuple[Any, int]:
    """The value at a place and its end. Raises ValueError and RecursionError."""
    try:
        return _DECODER.raw_decode(text, at)
    except json.JSONDecodeError:
        raise
    except ValueError:
        return _LONG_NUMBERS.raw_decode(text, at)


def _encoding(first: bytes) -> str:
    found = json.detect_encoding(first[:8]) if first else "utf-8"
    return guess_encoding(first) if found.startswith("utf-8") else found
