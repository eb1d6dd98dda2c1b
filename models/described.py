"""What the fields of a class mean: the sentences that stand under them in its source."""

from __future__ import annotations

import ast
import inspect
import textwrap
from itertools import pairwise


def described(of: type) -> dict[str, str]:
    """The sentence under every field, those of its bases included. Reads the source: only for who asks for a schema."""
    told: dict[str, str] = {}
    for one in reversed(of.__mro__):
        if "__annotations__" in vars(one) and one.__module__ != "builtins":
            told |= _own(one)
    return told


def _own(of: type) -> dict[str, str]:
    try:
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(of))).body
    except (OSError, TypeError):  # made without a file
        return {}
    assert isinstance(tree, ast.ClassDef)
    return {
        field.target.id: inspect.cleandoc(below.value.value)
        for field, below in pairwise(tree.body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str)
    }
