"""Tests of imports read and write ONNX and HDF5, which the `train` extra has."""

from core.training.job_kind import missing_modules

collect_ignore_glob = ["test_*.py"] if missing_modules() else []
