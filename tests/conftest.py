"""What all rooms' tests share: three small models, one of each kind."""

from __future__ import annotations

import pytest
from hypothesis import settings
from small_models import Case, loans_case, plants_case, shapes_case

settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")


@pytest.fixture(scope="session")
def loans(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """A table about people, with groups and a favourable outcome."""
    return loans_case(tmp_path_factory.mktemp("loans"))


@pytest.fixture(scope="session")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Images of three classes, with groups."""
    return shapes_case(tmp_path_factory.mktemp("shapes"))


@pytest.fixture(scope="session")
def plants(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """A table of three classes, without groups."""
    return plants_case(tmp_path_factory.mktemp("plants"))
