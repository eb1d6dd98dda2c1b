"""Valid files of every kind, and how they are damaged."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

Draw = np.random.Generator

ROLES = ["--truth", "hired", "--score", "score", "--threshold", "0.5", "--groups", "sex,race", "--favourable", "1"]
STRINGS = [
    "", " ", "NaN", "inf", "-Infinity", "1e999", "-1e308", "9" * 400, "0x1F", "1_000", "1,234.5", "50%", "\u202e1",
    "\ufeff", "\x00", "\x1b[31m", "../../etc/passwd", "file:///etc/passwd", "=cmd|' /C calc'!A0", "${jndi:ldap://x}",
    "{{7*7}}", "%s%n%d", "'; DROP TABLE reports; --", "<script>alert(1)</script>", "a\nb", '"', '""', "\\", "\u0130",
    "1" + "0" * 30, "null", "None", "true", "True", "-0", "-0.0", "1e-400", "١٢٣", "½", "\U0001f600", "\ud7ff", "x" * 5000,
    "[]", "{}", "[1,2]", "2024-13-45", "9999-12-31", "unknown", "__class__", "NaT", "1.0.0", ".", "-", "+", "e", "1e",
]  # fmt: skip
"""Values that have broken readers before."""
MAGIC = [b"PAR1", b"ARROW1\0\0", b"\xff\xff\xff\xff", b"PK\x03\x04", b"\x1f\x8b\x08\0", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf",
         b"\x80\x04", b"{", b"[", b"<?xml", b"%PDF-", b"\x89PNG", b"\0" * 8, b"SQLite format 3\0"]  # fmt: skip


def table(n: int = 60) -> pd.DataFrame:
    """A table of predictions."""
    draw = np.random.default_rng(1)
    score = draw.random(n).round(6)
    return pd.DataFrame(
        {
            "row": [f"r{at:03d}" for at in range(n)],
            "hired": (draw.random(n) < score).astype(int),
            "score": score,
            "other": 1 - score,
            "decided": (score >= 0.5).astype(int),
            "sex": draw.choice(["f", "m"], n),
            "race": draw.choice(["a", "b", "c"], n),
            "weight": draw.integers(1, 5, n),
            "who": draw.integers(0, 20, n),
            "when": pd.date_range("2024-01-01", periods=n).strftime("%Y-%m-%d"),
            "pay": draw.normal(100, 10, n).round(3),
        }
    )


WRITERS: dict[str, Callable[[pd.DataFrame, Path], object]] = {
    "csv": lambda frame, path: frame.to_csv(path, index=False),
    "tsv": lambda frame, path: frame.to_csv(path, index=False, sep="\t"),
    "csv.gz": lambda frame, path: path.write_bytes(gzip.compress(frame.to_csv(index=False).encode(), 1)),
    "parquet": lambda frame, path: frame.to_parquet(path, index=False),
    "arrow": lambda frame, path: frame.to_feather(path),
    "jsonl": lambda frame, path: frame.to_json(path, orient="records", lines=True),
    "json": lambda frame, path: frame.to_json(path, orient="records"),
}
PUBLICATION = {
    "employer": "Somebody", "tool": "A tool", "auditor": "Someone else", "published": "2024-01-01",
    "tables": [
        {"kind": "sex", "outcome": "selection", "rows": [
            {"group": "Male", "n": 100, "rate": "50%", "published_ratio": "1.00"},
            {"group": "Female", "n": 80, "rate": "40%", "published_ratio": "0.80"},
        ]},
    ],
}  # fmt: skip
TASK = """file = "good.csv"
notes = ["look at it"]
[roles]
truth = "hired"
score = "score"
threshold = 0.5
favourable = "1"
groups = ["sex", "race"]
weight = "weight"
id = "row"
[roles.probabilities]
race = ["score", "other"]
"""
ANSWERS = [
    {"model_name": "m", "model_version": "1", "id": "a", "outputs": [
        {"name": "p", "datatype": "FP64", "shape": [3, 2], "data": [0.1, 0.9, 0.5, 0.5, 0.8, 0.2]}]},
    {"predictions": [{"probabilities": [0.1, 0.9]}, {"probabilities": [0.5, 0.5]}, {"probabilities": [0.8, 0.2]}]},
    {"name": "m", "versions": ["1"], "platform": "x", "inputs": [{"name": "a", "datatype": "FP32", "shape": [-1, 2]}],
     "outputs": [{"name": "p", "datatype": "FP32", "shape": [-1, 2]}]},
]  # fmt: skip


def write_seeds(folder: Path) -> None:
    """A valid file of every kind."""
    (folder / "table").mkdir(parents=True)
    for ending, write in WRITERS.items():
        write(table(), folder / "table" / f"good.{ending}")
    (folder / "publication").mkdir()
    (folder / "publication/good.json").write_text(json.dumps(PUBLICATION))
    (folder / "publication/good.yaml").write_text(_yaml())
    (folder / "publication/good.csv").write_text(
        "table,kind,outcome,group,n,rate,published_ratio\n"
        "1,sex,selection,Male,100,50%,1.00\n1,sex,selection,Female,80,40%,0.80\n"
    )
    version(folder / "version")
    foreign(folder / "foreign")


def _yaml() -> str:
    import yaml

    return str(yaml.safe_dump(PUBLICATION, sort_keys=False))


def version(folder: Path) -> None:
    """A small trained version, made as the tests make theirs."""
    import sys

    tests = str(Path(__file__).parents[1] / "tests")
    sys.path.insert(0, tests)
    try:
        from small_models import plants_case
    finally:
        sys.path.remove(tests)
    plants_case(folder)


def foreign(folder: Path) -> None:
    """A model of every format that is read."""
    import lightgbm
    import skops.io
    import torch
    import xgboost
    from sklearn.linear_model import LogisticRegression

    folder.mkdir()
    frame = table()
    x, y = frame[["score", "weight", "pay"]], frame["hired"]
    linear = LogisticRegression(max_iter=500).fit(x.to_numpy(), y)
    skops.io.dump(linear, folder / "linear.skops")
    xgboost.XGBClassifier(n_estimators=2, max_depth=2, n_jobs=1).fit(x, y).save_model(folder / "trees.ubj")
    lightgbm.train({"objective": "binary", "verbose": -1, "num_threads": 1}, lightgbm.Dataset(x, y), 2).save_model(
        folder / "trees.txt"
    )
    network = torch.nn.Sequential(torch.nn.Linear(3, 2)).eval()
    batch = {"0": torch.export.Dim("n", min=1)}
    exported = torch.export.export(network, (torch.zeros(4, 3),), dynamic_shapes=({0: batch["0"]},))
    torch.export.save(exported, folder / "network.pt2")
    (folder / "linear.onnx").write_bytes(_onnx())
    hugging = folder / "hugging"
    hugging.mkdir()
    config = {"architectures": ["BertForSequenceClassification"], "model_type": "bert", "hidden_size": 8,
              "num_attention_heads": 1, "num_hidden_layers": 1, "intermediate_size": 8, "vocab_size": 10}  # fmt: skip
    (hugging / "config.json").write_text(json.dumps(config))
    from safetensors.torch import save_file

    save_file({"classifier.weight": torch.zeros(2, 8)}, hugging / "model.safetensors")


def _onnx() -> bytes:
    from onnx import TensorProto, helper

    weights = helper.make_tensor("w", TensorProto.FLOAT, [3, 2], [0.1] * 6)
    nodes = [helper.make_node("MatMul", ["x", "w"], ["z"]), helper.make_node("Softmax", ["z"], ["p"])]
    given = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3])]
    said = [helper.make_tensor_value_info("p", TensorProto.FLOAT, ["n", 2])]
    made = helper.make_model(
        helper.make_graph(nodes, "g", given, said, [weights]), opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    )
    return bytes(made.SerializeToString())


# -------------------------------------------------------------------------------------------------------------- damage


def damaged(data: bytes, draw: Draw, others: list[bytes]) -> bytes:
    """The bytes with one to three things wrong."""
    for _ in range(int(draw.integers(1, 4))):
        data = DAMAGES[int(draw.integers(len(DAMAGES)))](data, draw, others)
    return data


def _flipped(data: bytes, draw: Draw, others: list[bytes]) -> bytes:
    changed = bytearray(data)
    for at in draw.integers(0, max(1, len(data)), int(draw.integers(1, 20))):
        if at < len(changed):
            changed[at] ^= int(draw.integers(1, 256))
    return bytes(changed)


def _near_an_end(data: bytes, draw: Draw, others: list[bytes]) -> bytes:
    """Where binary formats keep lengths and offsets."""
    changed = bytearray(data)
    for _ in range(int(draw.integers(1, 6))):
        at = int(draw.integers(0, 64)) * (1 if draw.random() < 0.3 else -1)
        if abs(at) < len(changed):
            changed[at] = int(draw.choice([0, 1, 127, 128, 255]))
    return bytes(changed)


def _cut(data: bytes, draw: Draw, others: list[bytes]) -> bytes:
    return data[: int(draw.integers(0, len(data) + 1))]


def _spliced(data: bytes, draw: Draw, others: list[bytes]) -> bytes:
    other = others[int(draw.integers(len(others)))]
    at, start = int(draw.integers(0, len(data) + 1)), int(draw.integers(0, len(other) + 1))
    return data[:at] + other[start : start + int(draw.integers(1, 500))] + data[at:]


def _without(data: bytes, draw: Draw, others: list[bytes]) -> bytes:
    at = int(draw.integers(0, len(data) + 1))
    return data[:at] + data[at + int(draw.integers(1, 100)) :]


def _magic(data: bytes, draw: Draw, others: list[bytes]) -> bytes:
    mark = MAGIC[int(draw.integers(len(MAGIC)))]
    return mark + (data if draw.random() < 0.5 else data[len(mark) :])


def _string(data: bytes, draw: Draw, others: list[bytes]) -> bytes:
    at = int(draw.integers(0, len(data) + 1))
    return data[:at] + STRINGS[int(draw.integers(len(STRINGS)))].encode() + data[at:]


def _packed(data: bytes, draw: Draw, others: list[bytes]) -> bytes:
    if draw.random() < 0.6:
        return gzip.compress(data, 1)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("../inside.csv", data)
    return made.getvalue()


def _repeated(data: bytes, draw: Draw, others: list[bytes]) -> bytes:
    return data * int(draw.integers(2, 4))


DAMAGES = [
    _flipped,
    _flipped,
    _near_an_end,
    _near_an_end,
    _cut,
    _spliced,
    _without,
    _magic,
    _string,
    _packed,
    _repeated,
]


def damaged_frame(frame: pd.DataFrame, draw: Draw) -> pd.DataFrame:
    """The table with values, names or rows that should not be there."""
    frame = frame.astype(object)
    for _ in range(int(draw.integers(1, 4))):
        if not len(frame.columns) or not frame.columns.is_unique:
            break
        column = str(draw.choice(frame.columns))
        frame = CHANGES[int(draw.integers(len(CHANGES)))](frame, column, draw)
    return frame


def _said(frame: pd.DataFrame, column: str, draw: Draw) -> pd.DataFrame:
    frame.loc[draw.random(len(frame)) < draw.choice([0.02, 0.5, 1.0]), column] = string(draw)
    return frame


def _lacking(frame: pd.DataFrame, column: str, draw: Draw) -> pd.DataFrame:
    frame.loc[draw.random(len(frame)) < 0.3, column] = None
    return frame


def _nested(frame: pd.DataFrame, column: str, draw: Draw) -> pd.DataFrame:
    frame[column] = [[1, 2] if draw.random() < 0.5 else [] for _ in range(len(frame))]
    return frame


CHANGES: list[Callable[[pd.DataFrame, str, Draw], pd.DataFrame]] = [
    _said, _said, _lacking, _nested,
    lambda frame, column, draw: frame.rename(columns={column: string(draw)}),
    lambda frame, column, draw: frame.iloc[: int(draw.integers(0, 5))].copy(),
    lambda frame, column, draw: frame.drop(columns=column),
    lambda frame, column, draw: frame.assign(**{column: [number(draw) for _ in range(len(frame))]}),
    lambda frame, column, draw: frame.assign(**{column: number(draw)}),
    lambda frame, column, draw: pd.concat([frame, frame], ignore_index=True),
]  # fmt: skip


def string(draw: Draw) -> str:
    return STRINGS[int(draw.integers(len(STRINGS)))]


def number(draw: Draw) -> object:
    return draw.choice(
        np.array([0, 1, 2, -1, 0.5, 1e308, -1e308, 1e-320, 2**53, 2**62, np.nan, 1.5, 0.9999999], object)
    )


def damaged_value(value: object, draw: Draw, chance: float = 0.15) -> object:
    """A JSON value with others in places."""
    if draw.random() < chance:
        made: list[object] = [
            None,
            True,
            -1,
            2**70,
            1e308,
            [],
            {},
            [[]],
            "",
            "NaN",
            [[1], [2, 3]],
            {"a": {"b": []}},
            0.5,
        ]
        return made[int(draw.integers(len(made)))] if draw.random() < 0.6 else STRINGS[int(draw.integers(len(STRINGS)))]
    if isinstance(value, dict):
        return {
            key if draw.random() > chance / 3 else STRINGS[int(draw.integers(len(STRINGS)))]: damaged_value(
                one, draw, chance
            )
            for key, one in value.items()
            if draw.random() > chance / 3
        }
    if isinstance(value, list):
        return [damaged_value(one, draw, chance) for one in value if draw.random() > chance / 5]
    return value
