"""A verifier that needs nothing of this project: one file, to be copied beside what it verifies."""

from __future__ import annotations

from pathlib import Path

SOURCE = Path(__file__).parent / "verify.py"
"""``python verify.py STORE``: the standard library, and ``cryptography`` for the signature of a checkpoint."""
