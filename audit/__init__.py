"""What is asked of a model, and how the numbers are judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

try:
    import models.record  # noqa: F401 -- is it ours?
except ModuleNotFoundError as why:
    if why.name not in ("models", "models.record"):
        raise
    raise ImportError(
        "A folder called 'models' hides Answerable's package of that name: rename it, or start Python elsewhere."
    ) from None

if TYPE_CHECKING:
    from audit.notebook import Audit


def audit(model: Any, X: Any, y: Any = None, **options: Any) -> Audit:
    """Ask a model in memory every question that can be asked of it there.

    model: anything with ``predict_proba`` or ``predict``, a torch module (logits), or a function from rows to
    probabilities or decisions. X: (n, ...) a frame or an array. y: (n,) the truth; left out, what needs none is asked.
    Options: groups (columns of X, or values by name), favourable (the outcome people hope for), threshold (else the most
    probable class), weight, unit and ids ((n,) each), name, kind (classes or regression), checks (codes), seed.

    Shows itself as a table; ``compare(other)``, ``save(archive)``. Raises ``ValueError`` in one sentence for bad input.
    """
    from audit.notebook import ask

    return ask(model, X, y, **options)
