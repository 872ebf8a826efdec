"""Address and token: arguments, else the environment."""

from pathlib import Path

import pytest

from maskloop_client import Client, ConfigurationError
from maskloop_client.settings import Target


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MASKLOOP_URL", "MASKLOOP_TOKEN", "MASKLOOP_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)


def _find(url: str | None = None, token: str | None = None) -> Target:
    return Target.find(url, token, own_transport=False)


@pytest.mark.parametrize(
    ("url", "api"),
    [
        ("http://host:8765", "http://host:8765/api/v1"),
        ("https://host/maskloop/", "https://host/maskloop/api/v1"),
        ("https://host/api/v1/", "https://host/api/v1"),
    ],
)
def test_the_address_of_the_service_leads_to_its_api(url: str, api: str) -> None:
    assert _find(url).api == api


def test_the_environment_names_what_is_not_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("of the file\n")
    monkeypatch.setenv("MASKLOOP_URL", "http://there")
    monkeypatch.setenv("MASKLOOP_TOKEN_FILE", str(secret))
    assert _find() == Target(api="http://there/api/v1", token="of the file")
    monkeypatch.setenv("MASKLOOP_TOKEN", "of the environment")
    assert _find().token == "of the environment"
    assert _find("http://here", "given") == Target(api="http://here/api/v1", token="given")


@pytest.mark.parametrize("url", [None, "", "host:8765", "ftp://host", "http://", "http://[::1"])
def test_an_address_that_is_none_is_told(url: str | None) -> None:
    with pytest.raises(ConfigurationError):
        Client(url)


def test_a_token_file_that_cannot_be_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASKLOOP_TOKEN_FILE", "/nowhere/token")
    with pytest.raises(ConfigurationError, match="MASKLOOP_TOKEN_FILE"):
        _find("http://here")
