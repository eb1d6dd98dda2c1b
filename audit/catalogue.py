"""Find every check: this folder's files first, then installed plug-ins."""

from __future__ import annotations

import importlib
import pkgutil
from importlib.metadata import EntryPoint, entry_points
from typing import NoReturn

from audit import checks
from audit.check import Check, registered
from models.task import UnknownName


def catalogue() -> dict[str, Check]:
    """Every check by code. A plug-in that raises at import is one check that fails, never a dead catalogue."""
    for module in pkgutil.iter_modules(checks.__path__, "audit.checks."):
        importlib.import_module(module.name)
    for plugin in entry_points(group="answerable.checks"):
        _load(plugin)
    return dict(sorted(registered.items()))


def select(codes: list[str] | None) -> list[Check]:
    """The checks of these codes, or all; raises ``UnknownName`` with the nearest code."""
    known = catalogue()
    for code in codes or []:
        if code not in known:
            raise UnknownName("check", code, list(known))
    return [known[code] for code in codes] if codes else list(known.values())


def _load(plugin: EntryPoint) -> None:
    try:
        plugin.load()
    except Exception as why:  # noqa: BLE001 -- foreign code may raise anything; the report says what
        message = f"plug-in {plugin.name} ({plugin.value}) cannot be imported: {type(why).__name__}: {why}"

        def broken() -> NoReturn:
            """Could this plug-in be imported?"""
            raise ImportError(message)

        code = f"PLUGIN-{plugin.name}"
        registered[code] = Check(code=code, dimension="security", function=broken, needs=(), options=())
