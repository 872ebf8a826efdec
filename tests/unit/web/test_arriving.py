"""When a request is whole, and which are refused before they are."""

import pytest

from web.arriving import LONG_HEADER, MOST_BODY, MOST_HEADER, NO_LENGTH, Arriving

_LINE = b"POST /sign-in HTTP/1.1\r\nHost: x\r\n"
_CHUNKED = _LINE + b"Transfer-Encoding: chunked\r\n\r\n"

WHOLE = {
    "no body": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "length": _LINE + b"Content-Length: 5\r\n\r\nabcde",
    "length in other letters": _LINE + b"CONTENT-LENGTH:\t5 \r\n\r\nabcde",
    "length with zeros before it": _LINE + b"Content-Length: " + b"0" * 40 + b"5\r\n\r\nabcde",
    "chunks": _CHUNKED + b"5\r\nabcde\r\n0\r\n\r\n",
    "chunks with extensions": _CHUNKED + b'5;a=b;c="d"\r\nabcde\r\n0;x\r\n\r\n',
    "chunks with trailers": _CHUNKED + b"A\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n",
    "a chunk that looks like the end": _CHUNKED + b"7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("request_bytes", WHOLE.values(), ids=WHOLE)
def test_a_request_is_whole_with_its_last_byte_and_not_before(request_bytes: bytes) -> None:
    arriving = Arriving()
    for place in range(len(request_bytes)):
        assert not arriving.is_whole, request_bytes[:place]
        arriving.add(request_bytes[place : place + 1])
    assert arriving.is_whole
    assert arriving.refusal is None
    assert arriving.take() == request_bytes


@pytest.mark.parametrize("request_bytes", WHOLE.values(), ids=WHOLE)
def test_what_follows_waits_for_its_turn(request_bytes: bytes) -> None:
    arriving = Arriving()
    arriving.add(request_bytes + WHOLE["length"])
    assert arriving.is_whole
    assert arriving.take() == request_bytes + WHOLE["length"]
    arriving.add(WHOLE["length"][:-1])
    assert not arriving.is_whole


@pytest.mark.parametrize("chunk", [b"g\r\n", b"-1\r\n", b"+5\r\n", b"\r\n", b"5\r\nabcdeXX", b"1" * 9000])
def test_chunks_that_the_parser_refuses_are_given_to_it(chunk: bytes) -> None:
    arriving = Arriving()
    arriving.add(_CHUNKED + chunk)
    assert arriving.is_whole


def test_a_large_body_is_left_to_its_thread_if_its_length_is_known() -> None:
    for digits in (str(MOST_BODY + 1), "9" * 30):
        arriving = Arriving()
        arriving.add(_LINE + f"Content-Length: {digits}\r\nExpect: 100-continue\r\n\r\n".encode())
        assert arriving.is_whole
        assert not arriving.expects
    arriving = Arriving()
    arriving.add(_CHUNKED + b"fffff0\r\n" + b"x" * MOST_BODY)
    assert (arriving.is_whole, arriving.refusal) == (False, NO_LENGTH)


def test_a_header_has_a_longest_size() -> None:
    arriving = Arriving()
    arriving.add(_LINE + b"X: ")
    arriving.add(b"x" * MOST_HEADER)
    assert arriving.refusal == LONG_HEADER


@pytest.mark.parametrize(("version", "expects"), [(b"1.1", True), (b"1.0", False)])
def test_only_new_clients_wait_to_be_told_to_go_on(version: bytes, expects: bool) -> None:
    arriving = Arriving()
    arriving.add(_LINE.replace(b"1.1", version) + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n")
    assert arriving.expects is expects
