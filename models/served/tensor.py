"""Tables, arrays and texts as the named tensors of the Open Inference Protocol, in JSON values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from models.served.answer import EndpointFailed, cut, listed

Inputs = pd.DataFrame | np.ndarray | Sequence[str]


@dataclass(frozen=True)
class Tensor:
    """A name, one of the protocol's datatypes, a shape, and the values in row-major order."""

    name: str
    datatype: str
    shape: tuple[int, ...]
    data: tuple[Any, ...] | list[Any] = ()

    def body(self) -> dict[str, object]:
        """As the protocol writes it."""
        return {"name": self.name, "shape": list(self.shape), "datatype": self.datatype, "data": self.data}


def typed(table: pd.DataFrame) -> pd.DataFrame:
    """The table with one type a column, so that every batch of it is sent alike.

    Raises ``EndpointFailed`` for two columns of one name and for a column that mixes types.
    """
    names = [str(name) for name in table.columns]
    if len(set(names)) != len(names):
        raise EndpointFailed("the table has two columns of one name; right would be a name for each")
    made = {name: _of_one_type(table.iloc[:, place], name) for place, name in enumerate(names)}
    return pd.DataFrame(made, index=table.index)


def columns(table: pd.DataFrame) -> list[Tensor]:
    """One tensor (n, 1) a column; what is missing is null. Raises ``EndpointFailed`` for infinities."""
    return [_column(str(name), column) for name, column in table.items()]


def single(inputs: np.ndarray | Sequence[str], name: str = "input") -> Tensor:
    """An array or texts as one tensor; raises ``EndpointFailed`` for values that JSON or the protocol do not have."""
    if not isinstance(inputs, np.ndarray):
        return Tensor(name, "BYTES", (len(inputs), 1), list(inputs))
    if inputs.dtype.kind not in "fiub":
        raise EndpointFailed(f"the array is of {inputs.dtype}; right would be numbers or booleans")
    datatype = {"f": "FP64", "b": "BOOL"}.get(inputs.dtype.kind, "INT64")
    flat = inputs.reshape(-1)
    _no_infinity(flat, "the array")
    data = flat.astype(np.float64) if datatype == "FP64" else flat
    return Tensor(
        name, datatype, inputs.shape, _with_nulls(data.tolist(), np.isnan(data) if datatype == "FP64" else None)
    )


def fitted(inputs: Inputs, declared: tuple[Tensor, ...]) -> list[Tensor]:
    """The inputs as the server declares them: its names, datatypes and number of dimensions, where it declares any.

    Raises ``EndpointFailed`` where a declared column is missing or is of another kind.
    """
    if isinstance(inputs, pd.DataFrame):
        if _is_matrix(declared, inputs):
            return [_as(single(_matrix(inputs), declared[0].name), declared[0])]
        return _as_declared(columns(inputs), declared)
    if len(declared) > 1:
        raise EndpointFailed(
            f"the model takes {listed([one.name for one in declared])}; right would be a table with these columns"
        )
    tensor = single(inputs, declared[0].name if declared else "input")
    return [_as(tensor, declared[0])] if declared else [tensor]


def _is_matrix(declared: tuple[Tensor, ...], table: pd.DataFrame) -> bool:
    names = {str(name) for name in table.columns}
    return len(declared) == 1 and declared[0].name not in names and len(declared[0].shape) == 2


def _matrix(table: pd.DataFrame) -> np.ndarray:
    texts = [str(name) for name, kind in table.dtypes.items() if not pd.api.types.is_numeric_dtype(kind)]
    if texts:
        raise EndpointFailed(f"the model takes one matrix of numbers; right would be numbers in {listed(texts)}, too")
    return table.to_numpy(dtype=np.float64, na_value=np.nan)


def _as_declared(tensors: list[Tensor], declared: tuple[Tensor, ...]) -> list[Tensor]:
    if not declared:
        return tensors
    named = {one.name: one for one in tensors}
    missing = [one.name for one in declared if one.name not in named]
    if missing:
        raise EndpointFailed(f"the table lacks {listed(missing)}; right would be the columns that the model takes")
    return [_as(named[one.name], one) for one in declared]


def _as(tensor: Tensor, declared: Tensor) -> Tensor:
    """The same values under the declared datatype and as many dimensions as it has."""
    given, wanted = tensor.datatype, declared.datatype
    whole = wanted.startswith(("INT", "UINT"))
    numbers = wanted.startswith(("FP", "BF")) or whole
    data = list(tensor.data)
    if given != wanted:
        if not numbers or given == "BYTES" or (whole and not all(one is not None and one == int(one) for one in data)):
            raise EndpointFailed(
                f"{cut(tensor.name)} is {given} here; right would be {cut(wanted)}, which the server takes"
            )
        make = int if whole else float
        data = [None if one is None else make(one) for one in data]
    shape = tensor.shape[:1] if len(declared.shape) == 1 and tensor.shape[1:] == (1,) else tensor.shape
    return replace(tensor, datatype=wanted, shape=shape, data=data)


def _column(name: str, column: pd.Series) -> Tensor:
    missing = column.isna().to_numpy()
    types = pd.api.types
    if types.is_bool_dtype(column):
        datatype, values = "BOOL", column.astype(object).tolist()
    elif types.is_integer_dtype(column) and not missing.any():
        datatype, values = "INT64", column.tolist()
    elif types.is_numeric_dtype(column) and not types.is_complex_dtype(column):
        numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
        _no_infinity(numbers, f"column {cut(name)}")
        datatype, values = "FP64", numbers.tolist()
    else:
        datatype, values = "BYTES", column.astype(str).tolist()
    return Tensor(name, datatype, (len(values), 1), _with_nulls(values, missing))


def _of_one_type(column: pd.Series, name: str) -> pd.Series:
    """Python objects and categories as the numbers, booleans or texts that they are; whole numbers with gaps as floats."""
    missing = column.isna().to_numpy()
    if pd.api.types.is_integer_dtype(column) and missing.any():
        return column.astype("Float64")
    if column.dtype != object and not isinstance(column.dtype, pd.CategoricalDtype):
        return column
    column = column.astype(object)
    known = column[~missing].infer_objects()
    if known.dtype == object and (strange := set(map(type, known)) - {str}):
        kinds = ", ".join(sorted(one.__name__ for one in strange))
        raise EndpointFailed(f"column {cut(name)} holds {kinds}; right would be texts, numbers or booleans only")
    if pd.api.types.is_bool_dtype(known):
        return column.astype("boolean")
    return (
        column.astype(np.float64) if missing.any() and pd.api.types.is_numeric_dtype(known) else column.infer_objects()
    )


def _with_nulls(values: list[Any], missing: np.ndarray | None) -> list[Any]:
    for place in np.flatnonzero(missing) if missing is not None else ():
        values[place] = None
    return values


def _no_infinity(numbers: np.ndarray, what: str) -> None:
    if numbers.dtype.kind == "f" and np.isinf(numbers).any():
        raise EndpointFailed(f"{what} holds infinity, which JSON does not have; right would be finite numbers")
