"""What a model is asked for, classes or numbers, and how that is known."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from audit.bring.answers import MOST
from audit.bring.roles import Roles
from audit.bring.unreadable import Unreadable

Says = Literal["classes", "numbers"] | None
"""What a model's file says that it answers; ``None`` where it cannot say."""
FEW = 20
"""Different values, fractions among them, that classes may still have."""
OF_CLASSES = ("threshold", "positive", "favourable", "classes")
"""What is said of classes only."""


def settled(says: Says, name: str, roles: Roles, truth: pd.Series | None) -> tuple[Roles, tuple[str, ...]]:
    """The roles with what a model is asked for, and the reason where nobody said it.

    The model's file decides; where it cannot say, a truth of many numbers does, unless words are about classes.
    Raises ``Unreadable`` where what was said does not fit what the file says.
    """
    word = next((one for one in OF_CLASSES if getattr(roles, one) not in (None, ())), None)
    if roles.kind != "classes" and says == "classes":
        raise Unreadable(f"{name} decides between classes, and {roles.kind} is asked of numbers; leave the kind out.")
    why = None if roles.kind != "classes" else _why_numbers(says, name, None if word else truth)
    if roles.kind == "classes" and why is None:
        return roles, ()
    if word is not None:
        raise Unreadable(f"{name} is asked for numbers, and {word} is for classes; leave {word} out.")
    return roles.model_copy(update={"kind": "regression"} if why else {}), (why,) if why else ()


def _why_numbers(says: Says, name: str, truth: pd.Series | None) -> str | None:
    """The reason to ask for numbers, or ``None``."""
    if says == "numbers":
        return f"{name} says that it predicts numbers, so this is a regression; say kind ranking where it ranks"
    different = 0 if says or truth is None else numbers_of(truth)
    if not different:
        return None
    return f"the truth holds {different} different numbers, so {name} is asked for a number: a regression"


def numbers_of(truth: pd.Series) -> int:
    """How many different numbers a truth has that no classes would have; 0 where these may be classes.

    That is more than 100 numbers, or more than 20 with fractions among them.
    """
    there = truth[truth.notna()]
    if pd.api.types.is_bool_dtype(there.dtype) or pd.api.types.is_datetime64_any_dtype(there.dtype):
        return 0
    found = np.unique(pd.to_numeric(there, errors="coerce").to_numpy(dtype=float, na_value=np.nan))
    if not len(found) or not np.isfinite(found).all():
        return 0
    fractions = bool((found % 1 != 0).any())
    return len(found) if len(found) > MOST or (fractions and len(found) > FEW) else 0
