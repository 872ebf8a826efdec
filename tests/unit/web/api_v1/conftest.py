"""A program that may do everything."""

import pytest
from flask import Flask

from core.database import Database
from models import Scope
from tests.unit.web.api_v1.calling import Call, caller, new_token


@pytest.fixture
def call(app: Flask, database: Database) -> Call:
    """A program whose token may do everything."""
    return caller(app, new_token(database, Scope.ADMIN))
