"""Bounds of model files, and the limits of the process that reads them."""

import resource
import sys

from core.errors import InputError

#: Largest model file, in bytes.
MOST_BYTES = 250_000_000
#: Largest `config.json` of a Keras file, in bytes, and how deep its objects may nest.
MOST_CONFIG, MOST_DEPTH = 4 * 2**20, 60
#: Most layers of a Keras network, and nodes of an ONNX graph.
MOST_LAYERS, MOST_NODES = 2_000, 20_000
#: Side of the crops in pixels.
SIDES = (16, 512)
#: Most outputs of a network.
MOST_OUTPUTS = 16

#: Seconds until the child is killed: by the clock, and by the time that its threads compute.
WALL_SECONDS, CPU_SECONDS = 180, 240
#: Memory of the child in bytes, without the code of libraries; TensorFlow alone takes 0.7 GiB.
MEMORY = 3 * 2**30
#: Largest file that the child may write.
_WRITTEN = 4 * MOST_BYTES


def limit_this_process() -> None:
    """Limit memory, computing time and written files; a process that exceeds them fails or is killed.

    The kernel of macOS does not hold processes to a limit of memory; there the clock alone ends them.
    """
    _limit(resource.RLIMIT_CORE, 0, 0)
    # At the first limit the kernel says why it ends the process; at the second it only ends it.
    _limit(resource.RLIMIT_CPU, CPU_SECONDS, CPU_SECONDS + 5)
    _limit(resource.RLIMIT_FSIZE, _WRITTEN, _WRITTEN)
    if sys.platform == "linux":
        _limit(resource.RLIMIT_DATA, MEMORY, MEMORY)


def _limit(kind: int, first: int, last: int) -> None:
    """Set both limits, as far as this process may: one that it was started with can only fall."""
    _, most = resource.getrlimit(kind)
    if most != resource.RLIM_INFINITY:
        first, last = min(first, most), min(last, most)
    resource.setrlimit(kind, (first, last))


def refuse(code: str, message: str) -> InputError:
    """The error of a file that is not taken."""
    return InputError(code, message)
