"""Whether this installation can train, asked without loading what training needs."""

from importlib.util import find_spec

from core.errors import InputError

#: Modules of the `train` extra that a training imports.
_NEEDED = ("tensorflow", "keras", "h5py", "onnx", "tensorboard")
INSTALL_COMMAND = "make install-train"


def missing_modules() -> list[str]:
    """What of the `train` extra is not installed."""
    return [name for name in _NEEDED if find_spec(name) is None]


def check_installed() -> None:
    """InputError training_not_installed, which names the command."""
    if missing_modules():
        raise InputError(
            "training_not_installed",
            f"Training needs TensorFlow, which is not installed here. Run `{INSTALL_COMMAND}` in Maskloop's "
            "folder, or install `maskloop[train]`, then start Maskloop again.",
        )
