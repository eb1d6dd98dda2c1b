"""What a job asks for: the same whether the terminal or a screen asks."""

from __future__ import annotations

from models import code

Parameters = dict[str, str | int | None]


def audit_request(
    model: str, checks: list[str] | None = None, seed: int = 0, run: int = 0, policy: str = "default"
) -> Parameters:
    """An audit of a model digest by some checks, or all. Answers of other code are never taken over: it is part of it."""
    asked = ",".join(sorted(checks)) if checks else None
    return {
        "model": model, "checks": asked, "seed": seed, "run": run, "policy": policy,
        "code": code.digest("models", "audit"),
    }  # fmt: skip
