"""Fixtures of the tests of evaluation."""

import pytest

from core.database import Database
from tests.unit.evaluation.two_versions import TwoVersions


@pytest.fixture
def versions(db: Database) -> TwoVersions:
    return TwoVersions(db)
