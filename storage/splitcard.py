"""Who a split is, without its rows."""

from __future__ import annotations

from typing import Self

from models.data.split import Part, Split
from models.record import Record


class SplitCard(Record):
    """One part of a data set as the archive remembers it."""

    schema_version: int = 1
    digest: str
    """The split digest: over the rows, not over this record."""
    dataset: str
    part: Part
    n: int
    classes: tuple[str, ...]
    columns: tuple[str, ...]
    """Raw input columns, in order; ``("image",)`` for images."""
    groups: tuple[str, ...]
    """Ways of grouping."""
    edges: tuple[tuple[str, tuple[float, ...]], ...] = ()
    """Bin edges of grouped numeric columns, made once on the training part."""

    @classmethod
    def of(cls, split: Split) -> Self:
        return cls(
            digest=split.digest,
            dataset=split.dataset,
            part=split.part,
            n=len(split),
            classes=split.classes,
            columns=tuple(map(str, getattr(split.inputs, "columns", ("image",)))),
            groups=tuple(map(str, split.groups.columns)),
            edges=split.edges,
        )
