"""Which network addresses are public: the special-purpose registries of IANA, kept in this one place.

Everything that the registries list is refused, also what they call globally reachable, such as anycast
services: no picture is served there. Python's `ipaddress` has a list of its own, which differs by version.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

#: The IANA IPv4 Special-Purpose Address Registry of 2025-10-09; smaller blocks within these are left out.
_SPECIAL_IPV4 = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by the customers of a provider
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, with the metadata services of clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments, with Oracle's metadata service
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # multicast tunnels
        "192.88.99.0/24",  # relays of 6to4, deprecated
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "240.0.0.0/4",  # reserved, with the broadcast address
        # Not in that registry: multicast, and Azure's service inside its cloud.
        "224.0.0.0/4",
        "168.63.129.16/32",
    )
)
#: IANA has assigned global unicast addresses in this block alone; the rest is local, multicast or reserved.
_UNICAST_IPV6 = IPv6Network("2000::/3")
#: The blocks within it of the IANA IPv6 Special-Purpose Address Registry of 2025-10-09.
_SPECIAL_IPV6 = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments, with Teredo tunnels, benchmarks and ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4 tunnels: the outer address does not tell where a packet ends
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
#: IPv6 prefixes whose last 32 bits are the IPv4 address that is reached: IPv4-mapped, and NAT64. The other
#: prefix of NAT64, 64:ff9b:1::/48, is for private networks.
_TRANSLATED = (IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96"))


def is_public(text: str) -> bool:
    """False for special-purpose and multicast addresses, those inside clouds, and what is no address.

    An IPv4 address inside a translated IPv6 one is checked as IPv4.
    """
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and any(address in network for network in _TRANSLATED):
        address = IPv4Address(int(address) & 0xFFFFFFFF)
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SPECIAL_IPV4)
    return address in _UNICAST_IPV6 and not any(address in network for network in _SPECIAL_IPV6)
