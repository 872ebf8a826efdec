"""What has arrived of a request: whether it is whole, and what must be refused before a thread sees it.

Only the length of a request is judged here, as gunicorn's parser will judge it; anything that its parser
refuses counts as whole, so that it is refused.
"""

import re

#: A longer header is refused.
MOST_HEADER = 64 * 2**10
#: A larger body is not collected: the thread that needs it reads it.
MOST_BODY = 1 << 20
#: Of a size line of a chunk with its extensions; the parser refuses longer ones.
_MOST_SIZE_LINE = 8190

_HEADER_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*0*(\d+)[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_CHUNK_SIZE = re.compile(rb"([0-9a-f]{1,15})[ \t]*(;.*)?", re.IGNORECASE | re.DOTALL)
_EXPECTS = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)
_OLD = re.compile(rb"[^\r]* HTTP/1\.0\r\n")
_HEALTH = re.compile(rb"(GET|HEAD) [^ ?]*/(?:health|livez|readyz|metrics)[ ?]")

_CLOSE = b"Connection: close\r\nContent-Length: 0\r\n\r\n"
LATE = b"HTTP/1.1 408 Request Timeout\r\n" + _CLOSE
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n" + _CLOSE
LONG_HEADER = b"HTTP/1.1 431 Request Header Fields Too Large\r\n" + _CLOSE
NO_LENGTH = b"HTTP/1.1 411 Length Required\r\n" + _CLOSE
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Arriving:
    """The bytes of a connection's next request."""

    def __init__(self) -> None:
        self.data = bytearray()
        self._begin()

    def _begin(self) -> None:
        #: The answer to a request that is refused already.
        self.refusal: bytes | None = None
        self.is_whole = False
        #: Whether the client waits to be told to go on with its body.
        self.expects = False
        self._searched = 0
        #: Bytes that are collected; None while the header is incomplete, and -1 for a body in chunks.
        self._length: int | None = None

    @property
    def has_header(self) -> bool:
        """Whether the header is complete."""
        return self._length is not None

    @property
    def is_health(self) -> bool:
        """Whether it asks for `/health` or another page of monitors."""
        return _HEALTH.match(self.data) is not None

    def add(self, data: bytes) -> None:
        """Take what has arrived."""
        self.data += data
        if self._length is None and not self._find_header():
            return
        if self._length != -1:
            self.is_whole = len(self.data) >= (self._length or 0)
        elif self._has_last_chunk():
            self.is_whole = True
        elif len(self.data) > MOST_BODY:
            self.refusal = NO_LENGTH

    def take(self) -> bytes:
        """All bytes, also of requests after this one; begins with the next one."""
        taken = bytes(self.data)
        self.data.clear()
        self._begin()
        return taken

    def _find_header(self) -> bool:
        end = self.data.find(_HEADER_END, max(0, self._searched - len(_HEADER_END)))
        self._searched = len(self.data)
        if end < 0:
            if len(self.data) > MOST_HEADER:
                self.refusal = LONG_HEADER
            return False
        self._read_header(bytes(self.data[: end + 2]), end + len(_HEADER_END))
        return True

    def _read_header(self, header: bytes, size: int) -> None:
        found = _LENGTH.search(header)
        digits = found[1] if found else b"0"
        # More digits than any number of bytes has, and than Python converts.
        body = int(digits) if len(digits) < 18 else MOST_BODY + 1
        if _CHUNKED.search(header):
            self._length, self._searched = -1, size
        else:
            self._length = size + body if body <= MOST_BODY else size
        self.expects = self._length != size and _EXPECTS.search(header) is not None and not _OLD.match(header)

    def _has_last_chunk(self) -> bool:
        """Whether the body in chunks has ended, or is none that the parser accepts."""
        while True:
            end = self.data.find(b"\r\n", self._searched)
            if end < 0:
                return len(self.data) - self._searched > _MOST_SIZE_LINE
            found = _CHUNK_SIZE.fullmatch(self.data, self._searched, end)
            if found is None:
                return True
            size = int(found[1], 16)
            if size == 0:
                # Behind the last chunk: nothing, or trailers.
                return self.data.find(_HEADER_END, end) >= 0
            following = end + 2 + size + 2
            if following > len(self.data):
                return False
            if self.data[following - 2 : following] != b"\r\n":
                return True
            self._searched = following
