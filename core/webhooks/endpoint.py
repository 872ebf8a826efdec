"""Which addresses a webhook may have."""

from urllib.parse import urlsplit

from core.crawl.address import clean_address
from core.crawl.guard import Guard, read_allowed_hosts
from core.crawl.public_address import is_public
from core.errors import InputError
from core.settings import Settings

_LONGEST = 2000
#: A host of these characters alone is an IPv4 address: no name ends with a number.
_IPV4_CHARACTERS = frozenset("0123456789.")


def clean_endpoint(text: str, settings: Settings) -> str:
    """The normal form of an address that messages are sent to: https, outside private networks.

    Hosts of the setting `webhook_allowed_hosts` may be private and use http. Names are resolved and checked
    each time that a message is sent.

    Raises InputError address_invalid, address_not_http, address_not_https or address_refused.
    """
    address = clean_address(text)
    if len(address) > _LONGEST:
        raise InputError("address_invalid", f"The address has more than {_LONGEST:,} characters.")
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    if guard_of(settings).allows(host, port):
        return address
    if parts.scheme != "https":
        raise InputError(
            "address_not_https",
            "Use an https address. The setting MASKLOOP_WEBHOOK_ALLOWED_HOSTS names hosts that may use http.",
        )
    if _is_number(host) and not is_public(host):
        raise InputError("address_refused", f"{host} is in a private or reserved network.")
    return address


def guard_of(settings: Settings) -> Guard:
    """The guard of connections to receivers."""
    return Guard(allowed_hosts=read_allowed_hosts(settings.webhook_allowed_hosts))


def _is_number(host: str) -> bool:
    return ":" in host or set(host) <= _IPV4_CHARACTERS
