"""What it costs to run a foreign model in a process of its own instead of ours.

    python -m benchmarks.isolation

The model is an ONNX perceptron (32 numbers, two hidden layers of 128) that is built here. Both ways give the same
probabilities for the same rows in the same chunks; a first pass is not timed.
"""

from __future__ import annotations

import itertools
import json
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from models.foreign import Foreign, open_foreign

WIDTH, HIDDEN, CLASSES = 32, 128, 2
CHUNK = 16384


def perceptron(path: Path, width: int = WIDTH, hidden: int = HIDDEN) -> Path:
    """An ONNX file with a perceptron of random weights."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    random = np.random.default_rng(0)
    sizes = [width, hidden, hidden, CLASSES]
    nodes, weights, name = [], [], "x"
    for place, (given, made) in enumerate(itertools.pairwise(sizes)):
        matrix = random.normal(size=(given, made), scale=given**-0.5).astype(np.float32)
        weights += [
            numpy_helper.from_array(matrix, f"w{place}"),
            numpy_helper.from_array(np.zeros(made, np.float32), f"b{place}"),
        ]
        nodes.append(helper.make_node("Gemm", [name, f"w{place}", f"b{place}"], [f"y{place}"]))
        name = f"y{place}"
        if place < len(sizes) - 2:
            nodes.append(helper.make_node("Relu", [name], [f"r{place}"]))
            name = f"r{place}"
    nodes.append(helper.make_node("Softmax", [name], ["probabilities"], axis=1))
    given_info = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, width])
    made_info = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, CLASSES])
    graph = helper.make_graph(nodes, "perceptron", [given_info], [made_info], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), str(path))
    return path


def overhead(rows: int = 1_000_000, repeats: int = 7) -> float:
    """Median time in the guest divided by median time in our process, minus 1; the two run in turn."""
    return compared(timings(rows, repeats))["overhead"]


def compared(pairs: list[tuple[float, float]]) -> dict[str, float]:
    """The medians of both ways, and what the guest costs more."""
    here, guest = (statistics.median(one) for one in zip(*pairs, strict=True))
    return {"in_process_seconds": here, "guest_seconds": guest, "overhead": guest / here - 1}


def timings(rows: int, repeats: int) -> list[tuple[float, float]]:
    """(seconds in our process, seconds in the guest) for the same rows, in turn."""
    inputs = np.random.default_rng(1).normal(size=(rows, WIDTH)).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        path = perceptron(Path(folder) / "perceptron.onnx")
        with open_foreign(path) as here, open_foreign(path, isolated=True) as guest:
            assert np.array_equal(here.probabilities(inputs[:CHUNK]), guest.probabilities(inputs[:CHUNK]))
            return [(_seconds(here, inputs), _seconds(guest, inputs)) for _ in range(repeats)]


def start_seconds(repeats: int = 3) -> float:
    """Median seconds from asking for a guest until it answered its first row."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        path = perceptron(Path(folder) / "perceptron.onnx")
        row = np.zeros((1, WIDTH), np.float32)
        for _ in range(repeats):
            started = time.perf_counter()
            with open_foreign(path, isolated=True) as guest:
                guest.probabilities(row)
                found.append(time.perf_counter() - started)
    return statistics.median(found)


def _seconds(model: Foreign, inputs: np.ndarray) -> float:
    started = time.perf_counter()
    model.probabilities(inputs, batch=CHUNK)
    return time.perf_counter() - started


if __name__ == "__main__":
    rows = 1_000_000
    print(json.dumps({"rows": rows, **compared(timings(rows, 7)), "start_seconds": start_seconds()}, indent=2))
