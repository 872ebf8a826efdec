"""Web addresses: which ones are accepted, their normal form, and their hosts."""

import hashlib
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from core.errors import InputError

_LONGEST = 4096
_PORTS = {"http": 80, "https": 443}
#: Characters of a path or query that need no escape; a percent sign starts an existing escape.
_SAFE = "/:@!$&'()*+,;=~%?-._[]"


def clean_address(text: str, base: str = "") -> str:
    """The normal form of an http or https address, without its fragment; `base` completes a relative one.

    Raises InputError address_invalid or address_not_http.
    """
    try:
        parts = urlsplit(urljoin(base, text.strip()))
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise _invalid(text) from error
    if parts.scheme.lower() not in _PORTS:
        raise InputError(
            "address_not_http", f"Only http and https addresses can be fetched, not {_short(text)}."
        )
    if not host or parts.username is not None or len(text) > _LONGEST:
        raise _invalid(text)
    scheme = parts.scheme.lower()
    place = _ascii_host(host, text) + (f":{port}" if port not in (None, _PORTS[scheme]) else "")
    return urlunsplit((scheme, place, quote(parts.path, _SAFE) or "/", quote(parts.query, _SAFE), ""))


def host_of(address: str) -> str:
    """The host of a clean address, with its port unless that is the default one."""
    return urlsplit(address).netloc


def origin_of(address: str) -> str:
    """Scheme and host: the scope of one robots.txt."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def address_digest(address: str) -> bytes:
    """The SHA-256 by which the tables look an address up, however long it is."""
    return hashlib.sha256(address.encode()).digest()


def _ascii_host(host: str, text: str) -> str:
    if ":" in host:
        return f"[{host}]"
    try:
        return host.encode("idna").decode("ascii").rstrip(".") if not host.isascii() else host.rstrip(".")
    except UnicodeError as error:
        raise _invalid(text) from error


def _invalid(text: str) -> InputError:
    return InputError("address_invalid", f"{_short(text)} is not a valid web address.")


def _short(text: str) -> str:
    return repr(text if len(text) <= 120 else text[:119] + "…")
