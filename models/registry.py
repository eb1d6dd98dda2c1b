"""Things that are found by their file name: one file, one thing, no list to edit."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from types import ModuleType

from models.task import UnknownName


def names(package: str, besides: frozenset[str] = frozenset()) -> list[str]:
    """Names of the modules of a package, in order, without importing them."""
    found = (module.name for module in pkgutil.iter_modules(import_module(package).__path__))
    return sorted(name for name in found if name not in besides)


def find(kind: str, package: str, name: str, besides: frozenset[str] = frozenset()) -> ModuleType:
    """The module of that name; raises ``UnknownName`` with the nearest one."""
    known = names(package, besides)
    if name not in known:
        raise UnknownName(kind, name, known)
    return import_module(f"{package}.{name}")
