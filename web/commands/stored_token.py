"""Tokens of remote services in the system's keyring, by the address of the service."""

from typing import TYPE_CHECKING

from core.errors import PermanentError

if TYPE_CHECKING:
    from types import ModuleType

#: The name of our entries in the keyring; the user name of an entry is the address.
_ENTRIES = "maskloop"


def find_token(url: str) -> str | None:
    """The token of the environment, else the one kept for this address; None if there is neither.

    Raises maskloop_client.ConfigurationError for an address or a token file that cannot be used.
    """
    from maskloop_client.settings import Target

    return Target.find(url, None, own_transport=False).token or _read(url)


def keep_token(url: str, token: str) -> None:
    """Keep a token in the keyring; PermanentError keyring_missing or keyring_unavailable."""
    keyring = _import()
    if keyring is None:
        raise _missing()
    from keyring.errors import KeyringError

    try:
        keyring.set_password(_ENTRIES, _entry(url), token)
    except KeyringError as error:
        raise _unavailable(error) from error


def forget_token(url: str) -> bool:
    """Delete the token of an address; False if none was kept."""
    keyring = _import()
    if keyring is None:
        raise _missing()
    from keyring.errors import KeyringError, PasswordDeleteError

    try:
        keyring.delete_password(_ENTRIES, _entry(url))
    except PasswordDeleteError:
        return False
    except KeyringError as error:
        raise _unavailable(error) from error
    return True


def _read(url: str) -> str | None:
    """A keyring that is locked or missing has no token: the service then says what is missing."""
    keyring = _import()
    if keyring is None:
        return None
    from keyring.errors import KeyringError

    try:
        found: str | None = keyring.get_password(_ENTRIES, _entry(url))
    except KeyringError:
        return None
    return found


def _import() -> "ModuleType | None":
    try:
        import keyring
    except ImportError:
        return None
    return keyring


def _entry(url: str) -> str:
    return url.rstrip("/")


def _missing() -> PermanentError:
    return PermanentError(
        "keyring_missing",
        "Tokens are kept by the package keyring: install `maskloop[keyring]`, or set MASKLOOP_TOKEN.",
    )


def _unavailable(error: Exception) -> PermanentError:
    return PermanentError("keyring_unavailable", f"The keyring of this system cannot be used: {error}")
