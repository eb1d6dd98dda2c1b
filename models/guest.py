"""One self-contained file: a model from elsewhere, in a process of its own, asked over pipes.

It is started by its path (``python -I guest.py LIMITS``) and imports none of our packages, because the project whose
model it runs may have a ``models`` of its own. Frames go both ways over stdin and stdout: two sizes (eight bytes each,
big-endian), a JSON header, and an Arrow IPC stream. The first frame opens a model; every other asks it something:

    {"ask": "predict", "kind": "array" | "table" | "text", "shape": [...]}        -> {"shape": [...]} and numbers
    {"ask": "gradient", "of": "loss" | "score", "gives": ..., "kind": "array", ...}  -> {"shape": [...]} and numbers

What goes wrong comes back as ``{"error": kind, "text": one sentence}``. What libraries print never reaches the pipe.
"""

from __future__ import annotations

import ast
import importlib
import io
import json
import os
import queue
import re
import struct
import sys
import threading
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

SIZES = struct.Struct(">QQ")
TEXT_BATCH = 32


class Problem(Exception):
    """What is wrong, in one sentence; ``kind`` says to whom: refused, corrupted, value (the input), failed."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


class Inputs:
    """What is asked about: an array, a table of columns, or texts."""

    def __init__(self, kind: str, shape: list[int], table: pa.Table) -> None:
        self.kind, self.shape, self.table = kind, shape, table

    def __len__(self) -> int:
        return self.shape[0]

    def array(self) -> np.ndarray:
        """The numbers of an array, without a copy where it lies in one piece."""
        flat = self.table.column(0).combine_chunks().flatten().to_numpy(zero_copy_only=False)
        return flat.reshape(self.shape)

    def texts(self) -> list[str]:
        return ["" if one is None else one for one in self.table.column(0).to_pylist()]

    def column(self, name: str) -> np.ndarray:
        values = self.table.column(name).combine_chunks()
        return np.asarray(values.to_numpy(zero_copy_only=False))

    def matrix(self, dtype: str) -> np.ndarray:
        """(n, columns) numbers; raises ``Problem`` for a column of words."""
        if self.kind == "array":
            return np.ascontiguousarray(self.array(), dtype=dtype)
        whole = np.empty((len(self), self.table.num_columns), dtype=dtype)
        for place, name in enumerate(self.table.column_names):
            if not _is_number(self.table.schema.field(place).type):
                raise Problem("value", f"The column {name!r} holds words, and this model takes numbers only.")
            whole[:, place] = self.column(name)
        return whole

    def frame(self) -> Any:
        """The table as a pandas frame."""
        return self.table.to_pandas()

    def part(self, start: int, stop: int) -> Inputs:
        return Inputs(self.kind, [min(stop, len(self)) - start, *self.shape[1:]], self.table.slice(start, stop - start))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind))


class Runner:
    """A model that was opened, and what its file knows about itself."""

    classes: list[str] | None = None
    columns: list[str] | None = None
    takes = "table"
    regression = False
    gives = "unknown"
    """What ``predict`` answers: probabilities, logits, sigmoids, numbers, or unknown."""
    gradients = False
    embeds = False
    """Whether it shows what it makes of an example before it decides."""

    def predict(self, inputs: Inputs) -> np.ndarray:
        raise NotImplementedError

    def gradient(self, inputs: Inputs, target: np.ndarray, of: str) -> np.ndarray:
        raise Problem("value", "This format has no gradients.")

    def embedding(self, inputs: Inputs) -> np.ndarray:
        raise Problem("value", "This format does not show what it makes of an example.")

    def facts(self) -> dict[str, Any]:
        names = ("classes", "columns", "takes", "regression", "gives", "gradients", "embeds")
        return {name: getattr(self, name) for name in names}


# ---------------------------------------------------------------------------------------------------------------- ONNX

PASSES_ON = frozenset({"Cast", "Dropout", "Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze", "ZipMap"})
LAST_LAYER = {
    "Softmax": "probabilities",
    "LogSoftmax": "logits",
    "Sigmoid": "sigmoids",
    "Gemm": "logits",
    "LinearRegressor": "numbers",
    "SVMRegressor": "numbers",
    "TreeEnsembleRegressor": "numbers",
}
KINDS = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(float16)": "float16",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(uint8)": "uint8",
    "tensor(bool)": "bool",
    "tensor(string)": "object",
}


class Onnx(Runner):
    """An ONNX graph. Its numbers are data and its operators are onnxruntime's own, so it also runs in our process."""

    def __init__(self, path: Path, _wanted: dict[str, Any]) -> None:
        import onnxruntime

        if hasattr(onnxruntime, "disable_telemetry_events"):
            onnxruntime.disable_telemetry_events()
        proto = _graph(path)
        self._read(proto)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(path.parent))
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            content = proto.SerializeToString()
            self.session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except Exception as why:  # noqa: BLE001 (onnxruntime's errors have no common type)
            raise Problem("corrupted", f"{path.name} is not a graph that onnxruntime runs: {_line(why)}") from None
        self.inputs = self.session.get_inputs()
        self._look_at_inputs(path.name)

    def _read(self, proto: Any) -> None:
        """Patch the graph in memory and learn what it gives.

        ``ZipMap`` makes a dictionary of every row and is taken out; the locale of ``StringNormalizer`` is set to "C",
        the only one that every machine has.
        """
        for node in [node for node in proto.graph.node if node.op_type == "StringNormalizer"]:
            for attribute in [one for one in node.attribute if one.name == "locale"]:
                node.attribute.remove(attribute)
            added = node.attribute.add()
            added.name, added.type, added.s = "locale", 3, b"C"
        self._without_maps(proto)
        makers = {name: node for node in proto.graph.node for name in node.output}
        self.output = _scores(proto.graph.output)
        last = _last(makers, self.output)
        self.gives = _gives(last)
        self.regression = self.gives == "numbers"
        self.classes = self.classes or _labels(last) or _described(proto)

    def _without_maps(self, proto: Any) -> None:
        outputs = {one.name: one for one in proto.graph.output}
        for node in [one for one in proto.graph.node if one.op_type == "ZipMap" and one.output[0] in outputs]:
            self.classes = _labels(node)
            output = outputs[node.output[0]]
            output.name = node.input[0]
            output.type.Clear()
            output.type.tensor_type.elem_type = 1
            proto.graph.node.remove(node)

    def _look_at_inputs(self, name: str) -> None:
        unknown = [one.type for one in self.inputs if one.type not in KINDS]
        if unknown:
            raise Problem("refused", f"{name} takes {unknown[0]}; numbers, pictures and text are asked here.")
        if len(self.inputs) > 1:
            if any(
                len(one.shape) > 2 or (len(one.shape) == 2 and one.shape[1] not in (1, None)) for one in self.inputs
            ):
                names = ", ".join(one.name for one in self.inputs)
                raise Problem(
                    "refused",
                    f"{name} takes several inputs ({names}) that are not single columns; export it with one input, or "
                    "give the Hugging Face folder of a language model.",
                )
            self.columns = [one.name for one in self.inputs]
        elif self.inputs[0].type == "tensor(string)" and self.inputs[0].shape[1:] in ([], [1]):
            self.takes = "text"
        elif len(self.inputs[0].shape) > 2:
            self.takes = "image"

    def predict(self, inputs: Inputs) -> np.ndarray:
        fed = self._fed(inputs)
        fixed = self.inputs[0].shape[0] if self.inputs[0].shape else None
        return _in_batches(fed, fixed, fixed, self._run) if isinstance(fixed, int) else self._run(fed)

    def _run(self, fed: dict[str, np.ndarray]) -> np.ndarray:
        return np.asarray(self.session.run([self.output], fed)[0])

    def _fed(self, inputs: Inputs) -> dict[str, np.ndarray]:
        first = self.inputs[0]
        dtype = KINDS[first.type]
        if self.takes == "text":
            return {first.name: np.array(inputs.texts(), dtype=object).reshape([-1, *first.shape[1:]])}
        if self.takes == "image":
            return {first.name: _pictures(inputs.array(), list(first.shape), dtype)}
        if len(self.inputs) == 1:
            whole = _words(inputs) if dtype == "object" else inputs.matrix(dtype)
            _fits(whole.shape[1], first.shape[1] if len(first.shape) == 2 else None)
            return {first.name: whole}
        return {one.name: self._column(inputs, place) for place, one in enumerate(self.inputs)}

    def _column(self, inputs: Inputs, place: int) -> np.ndarray:
        asked = self.inputs[place]
        values = inputs.array()[:, place] if inputs.kind == "array" else inputs.column(asked.name)
        try:
            typed = values.astype(KINDS[asked.type])
        except (TypeError, ValueError):
            raise Problem("value", f"The column {asked.name!r} should hold {KINDS[asked.type]}.") from None
        return typed.reshape([-1, 1] if len(asked.shape) == 2 else [-1])


def _graph(path: Path) -> Any:
    """The graph, after its external data were found to lie in its own folder; nothing was loaded yet."""
    import onnx
    from google.protobuf.message import DecodeError

    try:
        proto = onnx.load(str(path), load_external_data=False)
    except (DecodeError, ValueError):
        raise Problem("corrupted", f"{path.name} is not an ONNX file, or it was cut off; export it again.") from None
    if not proto.graph.node or not proto.graph.output:
        raise Problem("corrupted", f"{path.name} holds no ONNX graph; export it again.")
    for tensor in _tensors(proto):
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            _within(tensor, path)
    return proto


def _tensors(message: Any) -> Iterator[Any]:
    """Every tensor in a graph, wherever it hides: initialisers, attributes, inner graphs, functions."""
    if message.DESCRIPTOR.name == "TensorProto":
        yield message
        return
    for field, value in message.ListFields():
        if field.message_type is not None:
            for one in [value] if hasattr(value, "DESCRIPTOR") else value:
                yield from _tensors(one)


def external(path: Path) -> list[str]:
    """Names of the files beside an ONNX file that hold its numbers; raises ``Problem`` as ``Onnx`` does."""
    found = [{one.key: one.value for one in tensor.external_data} for tensor in _tensors(_graph(path))]
    return sorted({one["location"] for one in found if "location" in one})


def _within(tensor: Any, path: Path) -> None:
    place = {one.key: one.value for one in tensor.external_data}
    location, folder = place.get("location", ""), path.parent.resolve()
    data = (folder / location).resolve()
    if not location or Path(location).is_absolute() or not data.is_relative_to(folder):
        raise Problem(
            "refused",
            f"{path.name} keeps its numbers in {location!r}, outside its own folder; save it again with its data "
            "beside it.",
        )
    digits = [place.get("offset", "0"), place.get("length", "0")]
    if not data.is_file() or not all(one.isdigit() for one in digits) or sum(map(int, digits)) > data.stat().st_size:
        raise Problem("corrupted", f"{path.name} needs {location}, which is missing or too short; copy both again.")


def _scores(outputs: Iterable[Any]) -> str:
    """Name of the output that holds scores: of those with floating numbers one named for probabilities, or the last."""
    names = [one.name for one in outputs if one.type.tensor_type.elem_type in (1, 10, 11)]
    if not names:
        raise Problem("refused", "This graph answers with labels only; export it with probabilities as an output.")
    return next((name for name in names if "prob" in name.lower()), names[-1])


def _last(makers: dict[str, Any], name: str) -> Any:
    """The node that made an output, behind those that only pass numbers on."""
    node = makers.get(name)
    while node is not None and (node.op_type in PASSES_ON or _is_normalizer(node)) and node.input[0] in makers:
        if _is_normalizer(node) and makers[node.input[0]].op_type.endswith("Classifier"):
            return makers[node.input[0]]
        node = makers[node.input[0]]
    return node


def _is_normalizer(node: Any) -> bool:
    return bool(node.op_type == "Normalizer")


def _gives(node: Any) -> str:
    if node is None:
        return "unknown"
    if node.op_type.endswith("Classifier"):
        transform = next((one.s for one in node.attribute if one.name == "post_transform"), b"NONE")
        return "probabilities" if transform in (b"SOFTMAX", b"LOGISTIC") else "unknown"
    return LAST_LAYER.get(node.op_type, "unknown")


def _labels(node: Any) -> list[str] | None:
    for one in node.attribute if node is not None else ():
        if one.name in ("classlabels_strings", "classlabels_int64s", "classlabels_ints"):
            return [word.decode() for word in one.strings] or [str(number) for number in one.ints] or None
    return None


def _described(proto: Any) -> list[str] | None:
    for one in proto.metadata_props:
        if one.key in ("classes", "class_names", "labels"):
            try:
                names = json.loads(one.value)
            except ValueError:
                return None
            return [str(name) for name in names] if isinstance(names, list) else None
    return None


def _pictures(pixels: np.ndarray, shape: list[Any], dtype: str) -> np.ndarray:
    """Pictures as a network takes them: a missing channel is added, a wrong size is a ``Problem``."""
    if pixels.ndim == 3 and len(shape) == 4:
        last = shape[-1] == 1 and shape[1] != 1
        pixels = pixels[..., None] if last else pixels[:, None]
    wrong = [
        asked
        for asked, got in zip(shape[1:], pixels.shape[1:], strict=False)
        if isinstance(asked, int) and asked != got
    ]
    if pixels.ndim != len(shape) or wrong:
        asked = ", ".join("n" if not isinstance(one, int) else str(one) for one in shape[1:])
        raise Problem("value", f"This model takes pictures (n, {asked}), got {pixels.shape}.")
    return np.ascontiguousarray(pixels, dtype=dtype)


def _words(inputs: Inputs) -> np.ndarray:
    columns = [inputs.column(name).astype(str).astype(object) for name in inputs.table.column_names]
    return np.stack(columns, axis=1)


def _fits(got: int, asked: Any) -> None:
    if isinstance(asked, int) and asked != got:
        raise Problem("value", f"This model takes {asked} columns, got {got}.")


def _in_batches(fed: Any, least: int, most: int, run: Callable[[Any], np.ndarray]) -> np.ndarray:
    """Answers of a model that takes from ``least`` to ``most`` rows at once: a short batch repeats its last row."""
    names = list(fed)
    count = len(fed[names[0]])
    if least <= count <= most:
        return run(fed)
    parts = []
    for start in range(0, count, most):
        stop = min(start + most, count)
        rows = np.minimum(np.arange(start, max(stop, start + least)), count - 1)
        parts.append(run({name: fed[name][rows] for name in names})[: stop - start])
    return np.concatenate(parts)


# --------------------------------------------------------------------------------------------------------------- torch


class Network(Runner):
    """A torch network, with gradients."""

    gradients = True

    def __init__(self, net: Any, name: str) -> None:
        self.net, self.name = net, name
        self.last = _last_linear(net)
        self.embeds = self.last is not None
        self.shape: list[Any] = []
        self.dtype = "float32"
        self.least, self.most = 1, sys.maxsize

    def predict(self, inputs: Inputs) -> np.ndarray:
        import torch

        with torch.no_grad():
            if self.takes == "text":
                return _numbers(self.net(inputs.texts()))
            fed = {"x": self._ready(inputs)}
            return _in_batches(fed, self.least, self.most, lambda part: _numbers(self.net(torch.from_numpy(part["x"]))))

    def embedding(self, inputs: Inputs) -> np.ndarray:
        """(n, width) what goes into the last linear layer; of many places in an example, their mean."""
        import torch

        if self.last is None:
            return super().embedding(inputs)
        caught: list[Any] = []
        hook = self.last.register_forward_hook(lambda _layer, given, _out: caught.append(_by_example(given[0])))
        try:
            self.predict(inputs)
        finally:
            hook.remove()
        return np.asarray(torch.cat(caught).numpy())

    def _ready(self, inputs: Inputs) -> np.ndarray:
        if self.takes == "image":
            pixels = inputs.array()
            shape = self.shape or [None] * pixels.ndim
            return _pictures(pixels, shape, self.dtype).copy()
        whole = inputs.matrix(self.dtype)
        _fits(whole.shape[1], self.shape[1] if len(self.shape) == 2 else None)
        return whole if whole.flags.writeable else whole.copy()

    def gradient(self, inputs: Inputs, target: np.ndarray, of: str) -> np.ndarray:
        """Of the loss (-log probability of the target) or of the target's score, for each row by itself."""
        import torch

        if self.takes == "text":
            raise Problem("value", "A text has no gradient.")

        def run(part: dict[str, np.ndarray]) -> np.ndarray:
            point = torch.from_numpy(part["x"]).requires_grad_(True)
            with torch.enable_grad():
                score = _target(_tensor(self.net(point)), torch.from_numpy(part["goal"]), of, self.gives)
                (found,) = torch.autograd.grad(score.sum(), point)
            return np.asarray(found.numpy())

        fed = {"x": self._ready(inputs), "goal": target.astype("int64")}
        found = _in_batches(fed, self.least, self.most, run)
        return found.reshape(inputs.shape)


def _last_linear(net: Any) -> Any:
    import torch

    layers = [one for one in net.modules() if isinstance(one, torch.nn.Linear)] if hasattr(net, "modules") else []
    return layers[-1] if layers else None


def _by_example(given: Any) -> Any:
    seen = given.detach().float()
    return seen.flatten(1, -2).mean(dim=1) if seen.ndim > 2 else seen.reshape(len(seen), -1)


def _target(output: Any, goal: Any, of: str, gives: str) -> Any:
    import torch

    if output.ndim == 1 or output.shape[1] == 1:
        single = output.reshape(-1)
        output = torch.stack([torch.zeros_like(single), single], 1)
        if gives in ("probabilities", "sigmoids"):
            output = torch.stack([1 - single, single], 1)
    if of == "score":
        return output.gather(1, goal[:, None])
    logs = output.log() if gives in ("probabilities", "sigmoids") else output.log_softmax(1)
    return -logs.gather(1, goal[:, None])


def _tensor(output: Any) -> Any:
    """The scores among what a network returned."""
    import torch

    if isinstance(output, dict):
        output = output.get("logits", next(iter(output.values())))
    if isinstance(output, (tuple, list)):
        output = output[0]
    if not isinstance(output, torch.Tensor):
        raise Problem("failed", f"The network answered with {type(output).__name__}; a tensor of scores is read.")
    return output


def _numbers(output: Any) -> np.ndarray:
    return np.asarray(_tensor(output).detach().cpu().float().numpy())


def exported(path: Path, _wanted: dict[str, Any]) -> Network:
    """A torch.export archive; nothing of it is opened before everything in it was looked at."""
    import torch

    with _archive(path) as archive:
        names = {name.partition("/")[2]: name for name in archive.namelist()}
        _known_members(path, names)
        _pickled_members(path, archive, names)
        program = _described_graph(path, archive.read(names["models/model.json"]))
    try:
        net = torch.export.load(str(path)).module()
    except Exception as why:  # noqa: BLE001 (a broken archive fails in many ways)
        raise Problem("corrupted", f"{path.name} does not open with torch {torch.__version__}: {_line(why)}") from None
    opened = Network(net, path.name)
    _look_at_input(opened, path, program)
    opened.gives = _exported_gives(program)
    return opened


MEMBERS = re.compile(
    r"models/model\.json|archive_format|archive_version|byteorder|version|\.data/\w+|"
    r"data/(weights|constants|sample_inputs)/[\w.\-]+"
)
OPERATORS = re.compile(
    r"torch\.ops\.(aten|prims)\.(?!from_file\b)\w+(\.\w+)?|"
    r"torch\.ops\.higher_order\.(wrap_with_set_grad_enabled|wrap_with_autocast|cond)|"
    r"_operator\.(add|sub|mul|floordiv|truediv|mod|pow|neg|eq|ne|lt|le|gt|ge|getitem|and_|or_)|"
    r"math\.(ceil|floor|trunc|sqrt)|torch\.sym_(int|float|max|min|not|ite|sqrt)"
)
FUNCTIONS = re.compile(
    r"Symbol|Integer|Float|Mod|PythonMod|FloorDiv|CeilDiv|CleanDiv|IntTrueDiv|FloatTrueDiv|FloorToInt|CeilToInt|"
    r"PowByNatural|FloatPow|TruncToInt|TruncToFloat|ToFloat|RoundToInt|Max|Min|Abs|Eq|Ne|Lt|Le|Gt|Ge|And|Or|Not|"
    r"ModularIndexing|Where|Piecewise|int_oo|oo|inf|L|[a-z]{1,3}\d+"
)
PARTS = (
    *(ast.Expression, ast.Call, ast.Name, ast.Load, ast.Constant, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare),
    *(ast.keyword, ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.Subscript, ast.Attribute, ast.Tuple),
)
MEASURES = frozenset({"size", "stride", "storage_offset", "shape", "dim"})


def _known_members(path: Path, names: dict[str, str]) -> None:
    if "models/model.json" not in names:
        raise Problem(
            "corrupted",
            f"{path.name} is not an archive of torch.export, or of an older torch; save it again with "
            "torch.export.save(torch.export.export(model, example), 'model.pt2').",
        )
    strange = sorted(name for name in names if not MEMBERS.fullmatch(name))
    if strange:
        raise Problem(
            "refused",
            f"{path.name} holds {strange[0]!r}, which is no part of an exported program (compiled code is not run); "
            "save it again with torch.export.save.",
        )


def _pickled_members(path: Path, archive: zipfile.ZipFile, names: dict[str, str]) -> None:
    """Raises ``Problem`` unless all that is pickled in the archive is numbers only."""
    pickled = {name for name in names if name.endswith(".pt")}
    for name in [one for one in names if one.endswith("_config.json")]:
        for entry in _json(path, archive.read(names[name])).get("config", {}).values():
            place = f"{name.rpartition('/')[0]}/{entry.get('path_name')}"
            if entry.get("use_pickle"):
                pickled.add(place)
            elif "constants" in name and not str(entry.get("path_name")).startswith("tensor_"):
                raise Problem("refused", f"{path.name} keeps an object in {place}; only tensors are read.")
    for name in sorted(pickled & set(names)):
        _weights_only(path, io.BytesIO(archive.read(names[name])), f" in {name}")


def _weights_only(path: Path, content: BinaryIO, where: str = "") -> Any:
    import pickle

    import torch

    try:
        return torch.load(content, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise Problem(
            "refused",
            f"{path.name} was not opened: what is pickled{where} is more than tensors and could run code. Where you "
            "trust its origin, save the weights alone: torch.save(model.state_dict(), 'weights.pt').",
        ) from None
    except Exception as why:  # noqa: BLE001 (a broken file fails in many ways)
        raise Problem("corrupted", f"{path.name} cannot be read{where}: {_line(why)} Copy or save it again.") from None


def _json(path: Path, content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        raise Problem("corrupted", f"{path.name} holds JSON that cannot be read; save it again.") from None


def _described_graph(path: Path, content: bytes) -> Any:
    """The graph as JSON, once nothing in it can be code.

    torch evaluates sizes (``expr_str``) and guards as Python, and looks operators up by name in all of ``torch``.
    """
    program = _json(path, content)
    for key, value in _entries(program):
        if key == "target" and isinstance(value, str) and not OPERATORS.fullmatch(value):
            raise Problem(
                "refused", f"{path.name} calls {value[:80]!r}, which is not an operator of torch; export it again."
            )
        for text in value if key == "guards_code" and isinstance(value, list) else [value]:
            if key in ("expr_str", "guards_code") and not _is_arithmetic(str(text)):
                raise Problem("refused", f"{path.name} holds code where a size should be: {str(text)[:80]!r}.")
    return program


def _entries(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        if set(value) >= {"target", "inputs", "outputs"}:
            yield "target", value["target"]
        yield from ((key, one) for key, one in value.items() if key in ("expr_str", "guards_code"))
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _entries(one)


def _is_arithmetic(text: str) -> bool:
    """Whether an expression is arithmetic on sizes, without any way to call something else."""
    try:
        nodes = list(ast.walk(ast.parse(text, mode="eval")))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return all(_is_plain(node) for node in nodes)


def _is_plain(node: ast.AST) -> bool:
    if isinstance(node, ast.Name):
        return bool(FUNCTIONS.fullmatch(node.id))
    if isinstance(node, ast.Attribute):
        return node.attr in MEASURES
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int | float) or bool(re.fullmatch(r"[A-Za-z]\w*", str(node.value)))
    return isinstance(node, PARTS)


def _look_at_input(opened: Network, path: Path, program: Any) -> None:
    """Shape (``None`` where it may vary), type, and how many rows at once an exported program takes."""
    graph = program["graph_module"]["graph"]
    specs = program["graph_module"]["signature"]["input_specs"]
    given = [spec["user_input"]["arg"]["as_tensor"]["name"] for spec in specs if "user_input" in spec]
    if len(given) != 1:
        raise Problem("refused", f"{path.name} takes {len(given)} inputs; export it with one.")
    meta = graph["tensor_values"][given[0]]
    opened.shape = [size.get("as_int") for size in meta["sizes"]]
    opened.dtype = {5: "int64", 8: "float64"}.get(meta["dtype"], "float32")
    opened.takes = "image" if len(opened.shape) > 2 else "table"
    if isinstance(opened.shape[0], int):
        opened.least = opened.most = opened.shape[0]
        return
    symbol = re.search(r"[a-z]+\d+", meta["sizes"][0]["as_expr"]["expr_str"])
    span = program["range_constraints"].get(symbol[0], {}) if symbol else {}
    opened.least = max(span.get("min_val") or 1, 1)
    opened.most = max(span.get("max_val") or sys.maxsize, opened.least)


def _exported_gives(program: Any) -> str:
    graph = program["graph_module"]["graph"]
    for node in reversed(graph["nodes"]):
        name = node["target"].split(".")[3] if node["target"].startswith("torch.ops.") else ""
        if name in ("softmax", "_softmax"):
            return "probabilities"
        if name in ("sigmoid", "linear", "addmm", "log_softmax", "_log_softmax"):
            return "sigmoids" if name == "sigmoid" else "logits"
        if name not in ("to", "_to_copy", "clone", "reshape", "view", "squeeze", "flatten", "contiguous"):
            break
    return "unknown"


def weights(path: Path, wanted: dict[str, Any]) -> Network:
    """Tensors that a function of the user's own code folder makes a network for."""
    import torch

    if zipfile.is_zipfile(path):
        with _archive(path) as archive:
            if any("/code/" in name or name.endswith("constants.pkl") for name in archive.namelist()):
                raise Problem("refused", f"{path.name} is TorchScript, which holds code; export it with torch.export.")
    with path.open("rb") as content:
        state = _weights_only(path, content)
    for key in ("state_dict", "model_state_dict"):
        state = state[key] if isinstance(state, dict) and isinstance(state.get(key), dict) else state
    if not isinstance(state, dict) or not all(isinstance(one, torch.Tensor) for one in state.values()):
        raise Problem("refused", f"{path.name} holds no state_dict; torch.save(model.state_dict(), 'weights.pt').")
    net = _made(wanted["factory"], wanted["code"])
    try:
        net.load_state_dict(state)
    except RuntimeError as why:
        raise Problem("corrupted", f"The weights of {path.name} do not fit {wanted['factory']}: {_line(why)}") from None
    opened = Network(net.eval(), path.name)
    first = next((one for one in net.parameters() if one.ndim > 1), None)
    opened.takes = getattr(net, "takes", "image" if first is not None and first.ndim > 2 else "table")
    opened.classes = _listed(getattr(net, "classes", None))
    opened.columns = _listed(getattr(net, "columns", None))
    opened.regression = bool(getattr(net, "regression", False))
    opened.gives = "numbers" if opened.regression else str(getattr(net, "gives", "unknown"))
    return opened


def _listed(names: Any) -> list[str] | None:
    return [str(name) for name in names] if isinstance(names, (list, tuple)) else None


def _made(factory: str, code: str) -> Any:
    import torch

    module, _, function = factory.partition(":")
    sys.path.insert(0, code)
    made = getattr(importlib.import_module(module), function, None)
    if made is None:
        raise Problem("value", f"There is no {function!r} in {module}; name the factory as module:function.")
    net = made()
    if not isinstance(net, torch.nn.Module):
        raise Problem("value", f"{factory} returned {type(net).__name__}; it should return a torch.nn.Module.")
    return net


def _archive(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError):
        raise Problem("corrupted", f"{path.name} is no complete zip archive; copy or save it again.") from None


# --------------------------------------------------------------------------------------------------------------- skops

TRUSTED = {
    "sklearn.calibration": "CalibratedClassifierCV _CalibratedClassifier _SigmoidCalibration",
    "sklearn.compose._column_transformer": "ColumnTransformer _RemainderColsList make_column_selector",
    "sklearn.compose._target": "TransformedTargetRegressor",
    "sklearn.decomposition._pca": "PCA",
    "sklearn.decomposition._truncated_svd": "TruncatedSVD",
    "sklearn.discriminant_analysis": "LinearDiscriminantAnalysis QuadraticDiscriminantAnalysis",
    "sklearn.dummy": "DummyClassifier DummyRegressor",
    "sklearn.ensemble._bagging": "BaggingClassifier BaggingRegressor",
    "sklearn.ensemble._forest": "RandomForestClassifier RandomForestRegressor ExtraTreesClassifier ExtraTreesRegressor",
    "sklearn.ensemble._gb": "GradientBoostingClassifier GradientBoostingRegressor",
    "sklearn.ensemble._hist_gradient_boosting.binning": "_BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting": "HistGradientBoostingClassifier "
    "HistGradientBoostingRegressor",
    "sklearn.ensemble._hist_gradient_boosting.predictor": "TreePredictor",
    "sklearn.ensemble._stacking": "StackingClassifier StackingRegressor",
    "sklearn.ensemble._voting": "VotingClassifier VotingRegressor",
    "sklearn.ensemble._weight_boosting": "AdaBoostClassifier AdaBoostRegressor",
    "sklearn.feature_extraction.text": "CountVectorizer HashingVectorizer TfidfTransformer TfidfVectorizer",
    "sklearn.feature_selection._univariate_selection": "SelectKBest SelectPercentile",
    "sklearn.feature_selection._variance_threshold": "VarianceThreshold",
    "sklearn.impute._base": "SimpleImputer MissingIndicator",
    "sklearn.isotonic": "IsotonicRegression",
    "sklearn.linear_model._base": "LinearRegression",
    "sklearn.linear_model._coordinate_descent": "Lasso LassoCV ElasticNet ElasticNetCV",
    "sklearn.linear_model._glm.glm": "PoissonRegressor GammaRegressor TweedieRegressor",
    "sklearn.linear_model._huber": "HuberRegressor",
    "sklearn.linear_model._logistic": "LogisticRegression LogisticRegressionCV",
    "sklearn.linear_model._perceptron": "Perceptron",
    "sklearn.linear_model._ridge": "Ridge RidgeCV RidgeClassifier RidgeClassifierCV",
    "sklearn.linear_model._stochastic_gradient": "SGDClassifier SGDRegressor",
    "sklearn.metrics._dist_metrics": "EuclideanDistance EuclideanDistance64 ManhattanDistance64 MinkowskiDistance64",
    "sklearn.naive_bayes": "BernoulliNB CategoricalNB ComplementNB GaussianNB MultinomialNB",
    "sklearn.neighbors._classification": "KNeighborsClassifier",
    "sklearn.neighbors._regression": "KNeighborsRegressor",
    "sklearn.neighbors._kd_tree": "KDTree",
    "sklearn.neural_network._multilayer_perceptron": "MLPClassifier MLPRegressor",
    "sklearn.neural_network._stochastic_optimizers": "AdamOptimizer SGDOptimizer",
    "sklearn.pipeline": "Pipeline FeatureUnion",
    "sklearn.preprocessing._data": "StandardScaler MinMaxScaler MaxAbsScaler RobustScaler Normalizer Binarizer "
    "PolynomialFeatures PowerTransformer QuantileTransformer",
    "sklearn.preprocessing._discretization": "KBinsDiscretizer",
    "sklearn.preprocessing._function_transformer": "FunctionTransformer",
    "sklearn.preprocessing._encoders": "OneHotEncoder OrdinalEncoder",
    "sklearn.preprocessing._label": "LabelEncoder LabelBinarizer",
    "sklearn.preprocessing._polynomial": "PolynomialFeatures SplineTransformer",
    "sklearn.preprocessing._target_encoder": "TargetEncoder",
    "sklearn.svm._classes": "SVC NuSVC LinearSVC SVR NuSVR LinearSVR",
    "sklearn.tree._classes": "DecisionTreeClassifier DecisionTreeRegressor ExtraTreeClassifier ExtraTreeRegressor",
    "sklearn.tree._tree": "Tree",
    "sklearn._loss.link": "HalfLogitLink IdentityLink Interval LogitLink LogLink MultinomialLogit",
    "sklearn._loss.loss": "AbsoluteError ExponentialLoss HalfBinomialLoss HalfGammaLoss HalfMultinomialLoss "
    "HalfPoissonLoss HalfSquaredError HuberLoss PinballLoss",
    "sklearn._loss._loss": "CyAbsoluteError CyExponentialLoss CyHalfBinomialLoss CyHalfGammaLoss "
    "CyHalfMultinomialLoss CyHalfPoissonLoss CyHalfSquaredError CyHuberLoss CyPinballLoss",
    "sklearn.linear_model._sgd_fast": "EpsilonInsensitive Hinge ModifiedHuber SquaredEpsilonInsensitive SquaredHinge",
    "sklearn.utils._bunch": "Bunch",
    "numpy": "bool bool_ dtype float16 float32 float64 int8 int16 int32 int64 intp ndarray str_ uint8 uint16 uint32 "
    "uint64 object_",
    "numpy.dtypes": "StringDType",
    "scipy.sparse._csr": "csr_matrix csr_array",
    "scipy.sparse._csc": "csc_matrix csc_array",
    "builtins": "bool bytes complex dict float int list set slice str tuple type",
    "collections": "OrderedDict defaultdict",
}
"""scikit-learn's own types that were read and only compute on the numbers they hold: no functions of the user's."""


class _Without:
    """Libraries that are installed but not needed, and would make the start slow."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {name!r} (left out on purpose)", name=name)


class Sklearn(Runner):
    """A scikit-learn model as skops keeps it, of types on the reviewed list only."""

    def __init__(self, path: Path, _wanted: dict[str, Any]) -> None:
        with _archive(path) as archive:
            if "schema.json" not in archive.namelist():
                raise Problem("corrupted", f"{path.name} is no file of skops; skops.io.dump(model, 'model.skops').")
            schema = archive.read("schema.json")
        self.named = b"ColumnTransformer" in schema
        sys.meta_path.insert(0, _Without("torch", *(() if self.named else ("pandas",))))
        self.model = _trusted(path)
        from sklearn.base import is_regressor

        self.regression = bool(is_regressor(self.model))
        self.classes = None if self.regression else _listed(np.asarray(getattr(self.model, "classes_", [])).tolist())
        self.columns = _listed(np.asarray(getattr(self.model, "feature_names_in_", [])).tolist()) or None
        first = self.model.steps[0][1] if hasattr(self.model, "steps") else self.model
        self.takes = "text" if type(first).__name__ in TEXT_STEPS else "table"
        self.answer, self.gives = self._answer(path.name)

    def _answer(self, name: str) -> tuple[Callable[[Any], Any], str]:
        if self.regression and hasattr(self.model, "predict"):
            return self.model.predict, "numbers"
        if hasattr(self.model, "predict_proba"):
            return self.model.predict_proba, "probabilities"
        if hasattr(self.model, "decision_function"):
            return self.model.decision_function, "logits"
        raise Problem("refused", f"{name} is a {type(self.model).__name__}, which neither classifies nor predicts.")

    def predict(self, inputs: Inputs) -> np.ndarray:
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(self.answer(self._ready(inputs)))

    def _ready(self, inputs: Inputs) -> Any:
        if self.takes == "text":
            return inputs.texts()
        if inputs.kind == "array" or not self.named:
            return inputs.matrix("float64") if inputs.kind == "table" else inputs.array()
        return inputs.frame()


TEXT_STEPS = frozenset({"CountVectorizer", "HashingVectorizer", "TfidfVectorizer"})


def _trusted(path: Path) -> Any:
    import sklearn.utils

    sklearn.utils.all_estimators = lambda *_: []  # what skops would trust of its own accord
    import skops.io
    from skops.io.exceptions import UntrustedTypesFoundException

    names = [f"{module}.{name}" for module, words in TRUSTED.items() for name in words.split()]
    try:
        return skops.io.load(path, trusted=names)
    except UntrustedTypesFoundException as why:
        found = ", ".join(sorted(getattr(why, "unsafe_types", None) or re.findall(r"'([\w.]+)'", str(why))))
        raise Problem(
            "refused",
            f"{path.name} was not opened: it holds types that are not on the list of reviewed ones: {found}. Keep to "
            "scikit-learn's own estimators, or export the model to ONNX.",
        ) from None
    except Exception as why:  # noqa: BLE001 (a broken file fails in many ways)
        raise Problem("corrupted", f"{path.name} cannot be read by skops: {_line(why)} Dump it again.") from None


# ------------------------------------------------------------------------------------------------------- boosted trees


class Xgboost(Runner):
    """XGBoost's own JSON or UBJSON."""

    def __init__(self, path: Path, _wanted: dict[str, Any]) -> None:
        sys.meta_path.insert(0, _Without("sklearn", "torch"))
        import xgboost

        xgboost.set_config(verbosity=0)
        try:
            self.booster = xgboost.Booster(model_file=bytearray(path.read_bytes()))
            learner = json.loads(self.booster.save_config())["learner"]
        except (xgboost.core.XGBoostError, ValueError, KeyError) as why:
            raise Problem("corrupted", f"{path.name} is no model of XGBoost, or was cut off: {_line(why)}") from None
        objective = learner["objective"]["name"]
        self.columns = _listed(self.booster.feature_names)
        self.margin = objective.startswith(("multi:", "binary:logitraw"))
        self.regression = not objective.startswith(("binary:", "multi:"))
        self.gives = "numbers" if self.regression else "logits" if self.margin else "sigmoids"
        if objective == "binary:hinge":
            raise Problem("refused", f"{path.name} decides by hinge and has no probabilities.")
        best = self.booster.attr("best_iteration")
        self.trees = (0, int(best) + 1) if best is not None else (0, 0)

    def predict(self, inputs: Inputs) -> np.ndarray:
        import xgboost

        types = list(self.booster.feature_types or [])
        whole = self._frame(inputs, types) if "c" in types else inputs.matrix("float32")
        _fits(whole.shape[1], self.booster.num_features())
        rows = xgboost.DMatrix(whole, feature_names=self.columns, enable_categorical="c" in types)
        return np.asarray(self.booster.predict(rows, output_margin=self.margin, iteration_range=self.trees))

    def _frame(self, inputs: Inputs, types: list[str]) -> Any:
        if inputs.kind == "array":
            raise Problem("value", "This model has categories; give a table with the names of its columns.")
        frame = inputs.frame()
        for name, kind in zip(frame.columns, types, strict=True):
            if kind == "c":
                frame[name] = frame[name].astype("category")
        return frame


class Lightgbm(Runner):
    """LightGBM's own text."""

    def __init__(self, path: Path, _wanted: dict[str, Any]) -> None:
        text = path.read_text(errors="replace")
        if not text.startswith("tree\n") or "\nend of trees" not in text:
            raise Problem("corrupted", f"{path.name} is no model of LightGBM, or was cut off; save_model('model.txt').")
        self.named = bool(re.search(r"\npandas_categorical:(?!null|\[\])", text))
        left_out = ("sklearn", "torch") if self.named else ("sklearn", "torch", "pandas")
        sys.meta_path.insert(0, _Without(*left_out))
        import lightgbm

        try:
            self.booster = lightgbm.Booster(model_str=text)
        except (lightgbm.basic.LightGBMError, ValueError) as why:
            raise Problem("corrupted", f"{path.name} is no model of LightGBM: {_line(why)}") from None
        found = re.search(r"\nobjective=(\S+)", text)
        objective = found[1] if found else ""
        self.columns = _own_names(self.booster.feature_name())
        self.regression = objective not in ("binary", "multiclass", "multiclassova", "cross_entropy")
        self.gives = "numbers" if self.regression else "sigmoids" if objective == "binary" else "probabilities"
        self.shares = objective == "multiclassova"

    def predict(self, inputs: Inputs) -> np.ndarray:
        whole = inputs.matrix("float64") if not self.named or inputs.kind == "array" else self._frame(inputs)
        _fits(whole.shape[1], self.booster.num_feature())
        found = np.asarray(self.booster.predict(whole))
        return found / found.sum(axis=1, keepdims=True) if self.shares else found

    def _frame(self, inputs: Inputs) -> Any:
        frame = inputs.frame()
        for name in frame.columns:
            if not _is_number(self.kind(inputs, name)):
                frame[name] = frame[name].astype("category")
        return frame

    @staticmethod
    def kind(inputs: Inputs, name: str) -> pa.DataType:
        return inputs.table.schema.field(name).type


def _own_names(names: list[str]) -> list[str] | None:
    return None if names == [f"Column_{place}" for place in range(len(names))] else list(names)


# -------------------------------------------------------------------------------------------------------- Hugging Face


class Transformer(Network):
    """A Hugging Face folder with a classifier: its configuration, its tokenizer and safetensors, never its code."""

    def __init__(self, path: Path, _wanted: dict[str, Any]) -> None:
        import transformers

        transformers.logging.set_verbosity(50)
        config = json.loads((path / "config.json").read_text())
        head = config["architectures"][0]
        text = head.endswith("ForSequenceClassification")
        kind = transformers.AutoModelForSequenceClassification if text else transformers.AutoModelForImageClassification
        safe = {"local_files_only": True, "trust_remote_code": False}
        try:
            net = kind.from_pretrained(path, use_safetensors=True, **safe).eval()
            self.tokenizer = transformers.AutoTokenizer.from_pretrained(path, **safe) if text else None
        except Exception as why:  # noqa: BLE001 (a broken folder fails in many ways)
            raise Problem("corrupted", f"{path.name} does not open as a {head}: {_line(why)}") from None
        super().__init__(net, path.name)
        self.takes, self.gradients = ("text", False) if text else ("image", True)
        labels = net.config.id2label
        self.classes = [str(labels[place]) for place in sorted(labels)]
        self.regression = net.config.problem_type == "regression" or len(labels) == 1
        self.gives = "numbers" if self.regression else "logits"
        if self.regression:
            self.classes = None
        self._shape(net.config, path)

    def _shape(self, config: Any, path: Path) -> None:
        self.longest = min(
            getattr(config, "max_position_embeddings", 512) or 512, getattr(self.tokenizer, "model_max_length", 512)
        )
        if self.takes == "image":
            side = getattr(config, "image_size", None)
            sides = list(side) if isinstance(side, (list, tuple)) else [side, side]
            self.shape = [None, getattr(config, "num_channels", 3), *sides]
            scaling = path / "preprocessor_config.json"
            self.net = _Scaled.of(self.net, json.loads(scaling.read_text()) if scaling.is_file() else {})

    def predict(self, inputs: Inputs) -> np.ndarray:
        import torch

        if self.takes == "image":
            return super().predict(inputs)
        texts, parts = inputs.texts(), []
        with torch.no_grad():
            for start in range(0, len(texts), TEXT_BATCH):
                words = texts[start : start + TEXT_BATCH]
                fed = self.tokenizer(words, padding=True, truncation=True, max_length=self.longest, return_tensors="pt")  # type: ignore[misc]
                parts.append(_numbers(self.net(**fed).logits))
        return np.concatenate(parts)


class _Scaled:
    """A network that takes pictures in 0..1 and scales them as its preprocessor says."""

    def __init__(self, net: Any, mean: Any, spread: Any) -> None:
        self.net, self.mean, self.spread = net, mean, spread

    @classmethod
    def of(cls, net: Any, scaling: dict[str, Any]) -> _Scaled:
        import torch

        if not scaling.get("do_normalize"):
            return cls(net, 0.0, 1.0)
        mean, spread = (torch.tensor(scaling[name]).reshape(1, -1, 1, 1) for name in ("image_mean", "image_std"))
        return cls(net, mean, spread)

    def __call__(self, pixels: Any) -> Any:
        return self.net(pixel_values=(pixels - self.mean) / self.spread).logits


# ------------------------------------------------------------------------------------------------------------ the pipe

OPENERS: dict[str, Callable[[Path, dict[str, Any]], Runner]] = {
    "onnx": Onnx,
    "pt2": exported,
    "torch": weights,
    "skops": Sklearn,
    "xgboost": Xgboost,
    "lightgbm": Lightgbm,
    "huggingface": Transformer,
}


def _line(why: BaseException) -> str:
    """The first line of an error, as a sentence that is not too long."""
    lines = [line.strip() for line in str(why).splitlines() if line.strip()] or [type(why).__name__]
    short = lines[0] if len(lines[0]) <= 240 else lines[0][:237] + "..."
    return short if short.endswith((".", "!", "?")) else short + "."


def read(pipe: int) -> tuple[dict[str, Any], memoryview] | None:
    """The next frame, or ``None`` at the end."""
    sizes = _exactly(pipe, SIZES.size)
    if sizes is None:
        return None
    header, body = SIZES.unpack(sizes)
    words, content = _exactly(pipe, header), _exactly(pipe, body)
    return None if words is None or content is None else (json.loads(bytes(words)), content)


def _exactly(pipe: int, size: int) -> memoryview | None:
    whole = memoryview(bytearray(size))
    rest = whole
    while rest.nbytes:
        got = os.readv(pipe, [rest])
        if not got:
            return None
        rest = rest[got:]
    return whole


def frame(header: dict[str, Any], body: list[memoryview]) -> list[memoryview]:
    """A frame, in pieces to be written one after the other."""
    words = json.dumps(header).encode()
    return [memoryview(SIZES.pack(len(words), sum(one.nbytes for one in body)) + words), *body]


class _Pieces:
    """A file that keeps what is written to it as it is, without a copy."""

    closed = False

    def __init__(self) -> None:
        self.pieces: list[memoryview] = []

    def write(self, data: Any) -> int:
        piece = memoryview(data).cast("B")
        if piece.nbytes:
            self.pieces.append(piece)
        return piece.nbytes

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        self.closed = True


def packed(columns: dict[str, pa.Array]) -> list[memoryview]:
    """An Arrow IPC stream of one batch, in pieces that point to the columns' own memory."""
    batch = pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))
    sink = _Pieces()
    with pa.PythonFile(sink, mode="w") as file, pa.ipc.new_stream(file, batch.schema) as stream:
        stream.write_batch(batch)
    return sink.pieces


def numbers(array: np.ndarray) -> pa.Array:
    """An array of any shape as a column with one list of numbers a row; its shape travels in the header."""
    flat = pa.array(np.ascontiguousarray(array).reshape(-1))
    width = int(np.prod(array.shape[1:], dtype=int))
    return pa.FixedSizeListArray.from_arrays(flat, width)


def unpacked(header: dict[str, Any], body: memoryview) -> Inputs:
    with pa.ipc.open_stream(pa.py_buffer(body)) as stream:
        return Inputs(header["kind"], list(header["shape"]), stream.read_all())


def _answer(runner: Runner, header: dict[str, Any], body: memoryview) -> list[memoryview]:
    inputs = unpacked(header, body)
    if header["ask"] == "gradient":
        runner.gives = header["gives"]
        found = runner.gradient(inputs, inputs.column("target"), header["of"])
    elif header["ask"] == "embedding":
        found = runner.embedding(inputs)
    else:
        found = runner.predict(inputs)
    if found.dtype.kind not in "fiu" or not found.ndim or len(found) != len(inputs):
        raise Problem("failed", f"The model answered {found.shape} of {found.dtype} for {len(inputs)} rows.")
    found = found.reshape(len(found), -1) if header["ask"] == "predict" else found
    if found.dtype not in (np.float32, np.float64):
        found = found.astype(np.float64)
    return frame({"shape": list(found.shape)}, packed({"answer": numbers(found)}))


def _told(act: Callable[[], list[memoryview]]) -> list[memoryview]:
    try:
        return act()
    except Problem as why:
        return frame({"error": why.kind, "text": str(why)}, [])
    except MemoryError:
        return frame({"error": "failed", "text": "It needed more memory than its limit allows."}, [])
    except ModuleNotFoundError as why:
        text = f"It needs {why.name}, which is not installed or not in its code folder."
        return frame({"error": "failed", "text": text}, [])
    except Exception as why:  # noqa: BLE001 (whatever foreign code raises is told, not raised)
        return frame({"error": "failed", "text": f"{type(why).__name__}: {_line(why)}"}, [])


def _limit(limits: dict[str, int]) -> None:
    import resource

    for name, value in limits.items():
        kind = getattr(resource, name)
        most = resource.getrlimit(kind)[1]
        value = value if most == resource.RLIM_INFINITY else min(value, most)
        try:
            resource.setrlimit(kind, (value, value))
        except (OSError, ValueError):  # a system that does not know this limit
            continue


def _pipes() -> tuple[int, int]:
    """The two pipes, moved away from where libraries print and read."""
    source, sink = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    return source, sink


def _send(sink: int, pieces: list[memoryview]) -> None:
    for piece in pieces:
        rest = piece
        while rest.nbytes:
            rest = rest[os.write(sink, rest) :]


def _listen(source: int, frames: queue.Queue[tuple[dict[str, Any], memoryview]]) -> None:
    """Read ahead while the model computes; the end of the pipe is the end of the process, whatever it is doing."""
    try:
        while (one := read(source)) is not None:
            frames.put(one)
    finally:
        os._exit(0)


def main() -> None:
    """Open one model and answer until the pipe ends."""
    _limit(json.loads(sys.argv[1]))
    source, sink = _pipes()
    frames: queue.Queue[tuple[dict[str, Any], memoryview]] = queue.Queue(1)
    threading.Thread(target=_listen, args=(source, frames), daemon=True).start()
    wanted, _ = frames.get()
    opened: list[Runner] = []

    def start() -> list[memoryview]:
        opened.append(OPENERS[wanted["format"]](Path(wanted["path"]), wanted))
        return frame(opened[0].facts(), [])

    _send(sink, _told(start))
    while opened:
        header, body = frames.get()
        _send(sink, _told(lambda header=header, body=body: _answer(opened[0], header, body)))  # type: ignore[misc]


if __name__ == "__main__":
    main()
