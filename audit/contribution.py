"""What each example adds to a number: kept beside the rows, so that two versions can be compared on the same examples."""

from __future__ import annotations

import zlib
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import ConfigDict

from audit.measure import setting_text
from models.record import Record, Scalar


class Contribution(Record):
    """One value for every example behind a number that the rows alone do not give: how it was decided under noise, how
    far its explanation holds.

    Unless said otherwise the number is the mean of the values, over everybody or over a slice; of a number that is
    more than a mean they are its influence values about it (Hampel 1974).
    """

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    name: str
    """Of the measure."""
    setting: tuple[tuple[str, Scalar], ...] = ()
    by: str | None = None
    """The way of grouping whose groups the values belong to, each to the number of its own: its columns in order of the
    alphabet, joined; ``None``: any slice."""
    packed: bytes
    """(m,) float64, little-endian, compressed; NaN where an example was not asked. Examples beyond m were not either."""

    @classmethod
    def of(
        cls, name: str, values: ArrayLike, setting: tuple[tuple[str, Scalar], ...] = (), *,
        rows: NDArray[np.integer] | None = None, by: str | None = None,
    ) -> Self:  # fmt: skip
        """values: of all examples, or of those at the positions ``rows``."""
        whole = np.asarray(values, dtype="<f8")
        if rows is not None:
            whole, some = np.full(int(rows.max(initial=-1)) + 1, np.nan, dtype="<f8"), whole
            whole[rows] = some
        return cls(name=name, setting=setting, by=by, packed=zlib.compress(whole.tobytes()))

    def values(self, n: int) -> NDArray[np.float64]:
        """(n,) NaN where an example was not asked."""
        known = np.frombuffer(zlib.decompress(self.packed), dtype="<f8")
        return np.concatenate([known, np.full(n - len(known), np.nan)])

    @property
    def key(self) -> str:
        """Name and setting, and the way of grouping where there is one."""
        return key(self.name, self.setting, self.by)


def key(name: str, setting: tuple[tuple[str, Scalar], ...], by: str | None = None) -> str:
    """Of a measure, what its contributions are kept under."""
    grouped = None if by is None else f"[{by}]"
    return " ".join(filter(None, (name, setting_text(setting), grouped)))
