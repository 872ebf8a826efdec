"""The training dependencies, imported by the tests that use them and not where tests are collected."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest


def need_training() -> None:
    """Skip the tests of a file where the training dependencies are not installed."""
    if not all(map(find_spec, ("tensorflow", "keras", "tensorboard", "onnx"))):
        pytest.skip("the training dependencies are not installed", allow_module_level=True)


class Late:
    """A module that is imported when a public name of it is used: each process of a run collects every test.

    pytest asks everything in a file for names like `_mock_name` as it collects.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if self._name not in sys.modules:
            # Looking for garbage would take as long as all else of the import.
            gc.disable()
            import_module(self._name)
            gc.enable()
        return getattr(sys.modules[self._name], name)


@contextmanager
def without_graphs() -> Iterator[None]:
    """Compute each step of a fit as it stands: to compile a graph takes longer than a few steps."""
    config = import_module("tensorflow").config
    config.run_functions_eagerly(True)
    try:
        yield
    finally:
        config.run_functions_eagerly(False)
