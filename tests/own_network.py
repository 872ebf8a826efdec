"""A network of its own for a test that makes network devices.

A browser gives up what it loads whenever a device comes or goes, and those of other tests run beside.
"""

import ctypes
import os
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import ParamSpec, TypeVar

import pytest

from benchmarks.hosts.network import why_not

P = ParamSpec("P")
T = TypeVar("T")

#: CLONE_NEWNET of sched.h.
_NETWORK = 0x40000000


@pytest.fixture
def own_network() -> Iterator[None]:
    """The thread of the test, and all that it starts, in a namespace with a loopback device alone.

    Servers of the session are started before, in the usual one, and are not reached from here.
    """
    if reason := why_not():
        pytest.skip(reason)
    c = ctypes.CDLL(None, use_errno=True)
    usual = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    if c.unshare(_NETWORK):
        raise OSError(ctypes.get_errno(), "unshare")
    try:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        yield
    finally:
        if c.setns(usual, _NETWORK):
            raise OSError(ctypes.get_errno(), "setns")
        os.close(usual)


def in_new_process(run: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """What the function returns in a new process, which has the network of this thread.

    Threads that are there already keep the usual one, such as that which waits for object stores.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(run, *given, **named).result()
