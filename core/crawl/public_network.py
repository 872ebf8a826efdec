"""Which network addresses are the public internet's: nothing private, local or of a cloud's inside."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

#: What may pass for public but answers from inside a cloud: Azure's wire server, Oracle's metadata.
_INSIDE = (IPv4Network("168.63.129.16/32"), IPv4Network("192.0.0.0/24"))
#: Prefixes of IPv6 that stand for the IPv4 address in their last 32 bits.
_TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("::ffff:0:0/96"))
#: Tunnels, whose outer address says nothing of where a packet ends.
_TUNNELS = (IPv6Network("2002::/16"), IPv6Network("2001::/32"), IPv6Network("64:ff9b:1::/48"))


def is_public(text: str) -> bool:
    """False for loopback, private, link-local, metadata, multicast and reserved addresses.

    An IPv4 address that is wrapped into an IPv6 one is judged by itself.
    """
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        if any(address in network for network in _TUNNELS):
            return False
        if any(address in network for network in _TRANSLATED):
            address = IPv4Address(int(address) & 0xFFFFFFFF)
    ordinary = address.is_global and not address.is_multicast and not address.is_reserved
    return ordinary and not any(address in network for network in _INSIDE)
