"""One member of a zip file: its name in the right encoding, and its bytes as a stream with a limit."""

import zipfile
import zlib

from core.errors import InputError

_UTF8_FLAG = 0x800


def member_name(info: zipfile.ZipInfo) -> bytes:
    """Path inside the archive as UTF-8, separated by `/`.

    A name without the UTF-8 flag is code page 437 (APPNOTE.TXT, appendix D), unless its bytes are valid
    UTF-8: several zip programs omit the flag.
    """
    text = info.orig_filename
    if not info.flag_bits & _UTF8_FLAG:
        raw = text.encode("cp437")
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            text = raw.decode("cp437")
    return text.replace("\\", "/").encode("utf-8", "surrogateescape")


class MemberStream:
    """Bytes of one member. Reading raises InputError: archive_damaged, archive_too_large.

    The constructor raises InputError archive_damaged where the member's header is damaged.
    """

    def __init__(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.bytes_out = 0
        self._info = info
        try:
            self._member = archive.open(info)
        except _DAMAGE as error:
            raise _damaged() from error

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes; all remaining bytes where it is negative."""
        try:
            data = self._member.read(size if size >= 0 else self.max_bytes + 1)
        except _DAMAGE as error:
            raise _damaged() from error
        self.bytes_out += len(data)
        if self.bytes_out > self.max_bytes:
            raise InputError("archive_too_large", f"The member has more than {self.max_bytes:,} bytes.")
        if not data and size != 0 and self.bytes_out < self._info.file_size:
            raise _damaged()
        return data

    def close(self) -> None:
        """Close the member; the archive stays open."""
        self._member.close()


#: Exceptions of zipfile for members that are truncated, changed or different from their directory entry.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, LookupError)


def _damaged() -> InputError:
    return InputError("archive_damaged", "The member is truncated or damaged inside the archive.")
