"""No request reaches a private address, however it is written."""

import pytest

from core.crawl.address import clean_address, host_of
from core.crawl.guard import Guard, open_pools, read_allowed_hosts
from core.errors import InputError
from tests.web_server import LocalWeb


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "2130706433", "0x7f.1"])
def test_a_private_host_is_refused_when_connecting(web: LocalWeb, host: str) -> None:
    port = web.plain.server_port
    with pytest.raises(InputError) as refused:
        open_pools(Guard()).request("GET", f"http://{host}:{port}/ok/1.jpg", retries=False)
    assert refused.value.code == "address_refused"


def test_a_name_with_one_private_address_is_refused() -> None:
    guard = Guard(resolver=lambda host, port: [("93.184.216.34", port), ("10.0.0.1", port)])
    with pytest.raises(InputError) as refused:
        guard.connect("two.example", 80, 1.0)
    assert refused.value.code == "address_refused"


def test_the_address_that_was_checked_is_the_one_connected_to(web: LocalWeb) -> None:
    """A name whose address changes is resolved once for each connection."""
    answers = iter([[("127.0.0.1", web.plain.server_port)], [("10.0.0.1", 80)], [("10.0.0.1", 80)]])
    asked = []

    def rebinding(host: str, port: int) -> list[tuple[str, int]]:
        asked.append(host)
        return next(answers)

    guard = Guard(allowed_hosts=frozenset({"first.example"}), resolver=rebinding)
    pools = open_pools(guard)
    reply = pools.request("GET", "http://first.example/ok/1.jpg", retries=False)
    assert reply.status == 200
    assert asked == ["first.example"]
    with pytest.raises(InputError):
        pools.request("GET", "http://second.example/ok/1.jpg", retries=False)


def test_a_setting_allows_a_host_with_or_without_its_port(web: LocalWeb) -> None:
    port = web.plain.server_port
    allowed = read_allowed_hosts(f" LocalHost , 127.0.0.1:{port},")
    assert allowed == {"localhost", f"127.0.0.1:{port}"}
    pools = open_pools(Guard(allowed_hosts=allowed))
    assert pools.request("GET", f"http://127.0.0.1:{port}/ok/1.jpg", retries=False).status == 200
    with pytest.raises(InputError):
        pools.request("GET", "http://127.0.0.1:1/ok/1.jpg", retries=False)


@pytest.mark.parametrize(
    "text",
    [
        "ftp://a.example/x.jpg", "file:///etc/passwd", "javascript:alert(1)", "data:image/png;base64,AA",
        "http://", "http://user:pw@a.example/", "http://a.example:99999/", "gopher://a.example/", "",
        "http://[::1/",
    ],
)  # fmt: skip
def test_only_web_addresses_are_accepted(text: str) -> None:
    with pytest.raises(InputError) as refused:
        clean_address(text)
    assert refused.value.code in ("address_not_http", "address_invalid")


def test_addresses_are_normalised() -> None:
    assert clean_address(" HTTP://A.Example:80/a b.jpg?q=ü#x ") == "http://a.example/a%20b.jpg?q=%C3%BC"
    assert clean_address("../b.jpg", "https://a.example/c/d.html") == "https://a.example/b.jpg"
    assert clean_address("https://bücher.example") == "https://xn--bcher-kva.example/"
    assert host_of("https://a.example:8443/x") == "a.example:8443"
