"""Files that look like photos by their names and are not, one of each kind a folder may hold."""

from collections.abc import Iterator

from core.samples.encoding import bomb_png

_WEB_PAGE = b"<!DOCTYPE html><html><head><title>Not found</title></head><body>404</body></html>\n"


def broken_files(good: bytes) -> Iterator[tuple[str, bytes, str]]:
    """(name, bytes, the code that reading it gives); `good` is a whole JPEG to break."""
    yield "truncated.jpg", good[: len(good) // 2], "photo_truncated"
    yield "header_only.jpg", good[:200], "photo_truncated"
    yield "empty.jpg", b"", "empty_file"
    yield "text.jpg", b"This is a note that somebody named .jpg by mistake.\n", "not_an_image"
    yield "web_page.jpg", _WEB_PAGE, "not_an_image"
    yield "pixel_bomb.png", bomb_png(), "photo_too_large_pixels"
    yield "document.png", b"%PDF-1.7\n" + bytes(200), "format_not_supported"
    yield "scrambled.webp", b"RIFF\x10\x01\0\0WEBPVP8 " + bytes(range(256)) + bytes(8), "photo_damaged"
