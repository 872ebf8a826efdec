"""The service over several hosts, each a network namespace of Linux with a name and a data folder of its own.

In reading order:

- network: hosts on a bridge, which can be cut off
- world: PostgreSQL, Redis and an object store on one host, and a part of the service on each of the others
- upload: photos that the object store alone has
- cut: cut a host off for longer than its lease, bring it back, and count
- scaling: photos a second from one worker host to several
"""
