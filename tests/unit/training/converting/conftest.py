"""Tests of conversions build networks, which the `train` extra has."""

from core.training.job_kind import missing_modules

collect_ignore_glob = ["test_*.py"] if missing_modules() else []
