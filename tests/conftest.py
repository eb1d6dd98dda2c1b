"""What all rooms' tests share: three small models, one of each kind."""

from __future__ import annotations

import os

import pytest
import torch
from hypothesis import settings
from small_models import Case, loans_case, plants_case, shapes_case

os.environ["OMP_NUM_THREADS"] = "1"
torch.set_num_threads(1)
"""One thread for each worker and each process it starts: two on the same core spend their time waiting."""

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
