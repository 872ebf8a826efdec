"""Which addresses a webhook may have."""

import pytest

from core.errors import InputError
from core.settings import Settings
from core.webhooks.endpoint import clean_endpoint


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://127.0.0.1/hook", "address_refused"),
        ("https://10.1.2.3/hook", "address_refused"),
        ("https://[::1]/hook", "address_refused"),
        ("https://169.254.169.254/latest", "address_refused"),
        ("https://2130706433/hook", "address_refused"),
        ("http://shop.example/hook", "address_not_https"),
        ("ftp://shop.example/hook", "address_not_http"),
        ("https://user:pass@shop.example/hook", "address_invalid"),
        ("https://", "address_invalid"),
        ("https://shop.example/" + "a" * 2000, "address_invalid"),
    ],
)
def test_bad_addresses_are_refused_by_name(url: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        clean_endpoint(url, Settings())
    assert caught.value.code == code


def test_allowed_hosts_may_be_private_and_use_http() -> None:
    settings = Settings(webhook_allowed_hosts="shop.internal:8080, 10.0.0.5")
    for url in ("http://shop.internal:8080/hook", "http://10.0.0.5/hook", "https://shop.example/hook"):
        assert clean_endpoint(url, settings) == url
    with pytest.raises(InputError, match="https"):
        clean_endpoint("http://shop.internal/hook", settings)


def test_hosts_that_crawls_may_contact_are_not_allowed_by_that() -> None:
    with pytest.raises(InputError):
        clean_endpoint("https://10.0.0.5/hook", Settings(crawl_allowed_hosts="10.0.0.5"))
