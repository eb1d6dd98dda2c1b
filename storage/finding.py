"""What verifying finds."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    """One thing that verifying found."""

    kind: str
    """``entry``, ``checkpoint``, ``document``, ``row``, ``blob`` or ``clock``."""
    subject: str
    message: str
    broken: bool
    """Whether the archive no longer proves what it says; a note (evidence erased, clock set back) does not break it."""
