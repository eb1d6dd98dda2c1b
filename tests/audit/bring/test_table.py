"""Whatever a table was written as, it is read as the same table, or refused in one sentence."""

from __future__ import annotations

import gzip
import io
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from audit.bring.table import open_table
from audit.bring.unreadable import Unreadable
from models.task import UnknownName

FRAME = pd.DataFrame(
    {"name": ["Ana", "Zoë", None, "d,e"], "score": [0.1, 0.30000000000000004, 1.0, 0.0], "hired": [1, 0, 0, 1]}
)
WRITERS: dict[str, Callable[[Path], object]] = {
    "comma.csv": lambda path: FRAME.to_csv(path, index=False),
    "semicolon.csv": lambda path: FRAME.to_csv(path, index=False, sep=";"),
    "tab.tsv": lambda path: FRAME.to_csv(path, index=False, sep="\t"),
    "bar.txt": lambda path: FRAME.to_csv(path, index=False, sep="|"),
    "mark.csv": lambda path: FRAME.to_csv(path, index=False, encoding="utf-8-sig"),
    "wide.csv": lambda path: FRAME.to_csv(path, index=False, encoding="utf-16"),
    "windows.csv": lambda path: FRAME.to_csv(path, index=False, encoding="cp1252"),
    "returns.csv": lambda path: FRAME.to_csv(path, index=False, lineterminator="\r\n"),
    "packed.csv.gz": lambda path: FRAME.to_csv(path, index=False),
    "columns.parquet": lambda path: FRAME.to_parquet(path, index=False),
    "columns.arrow": lambda path: FRAME.to_feather(path),
    "stream.arrow": lambda path: path.write_bytes(streamed(FRAME)),
    "lines.jsonl": lambda path: FRAME.to_json(path, orient="records", lines=True, double_precision=15),
    "list.json": lambda path: FRAME.to_json(path, orient="records", double_precision=15),
    "lines.jsonl.gz": lambda path: FRAME.to_json(path, orient="records", lines=True, double_precision=15),
}


def streamed(frame: pd.DataFrame) -> bytes:
    made = io.BytesIO()
    table = pa.Table.from_pandas(frame, preserve_index=False)
    with pa.ipc.new_stream(made, table.schema) as stream:
        stream.write_table(table)
    return made.getvalue()


def same(found: pd.DataFrame) -> None:
    assert list(found.columns) == list(FRAME.columns)
    assert [None if pd.isna(one) else one for one in found["name"]] == ["Ana", "Zoë", None, "d,e"]
    assert np.allclose(found["score"].astype(float), FRAME["score"], rtol=1e-14)
    assert found["hired"].astype(int).tolist() == [1, 0, 0, 1]


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_gives_the_same_frame(name: str, tmp_path: Path) -> None:
    WRITERS[name](tmp_path / name)
    table = open_table(tmp_path / name)
    same(table.frame())
    assert table.frame(["hired", "name"]).columns.tolist() == ["hired", "name"]


def test_the_content_decides_not_the_ending(tmp_path: Path) -> None:
    FRAME.to_parquet(tmp_path / "a.csv", index=False)
    FRAME.to_csv(tmp_path / "b.parquet", index=False)
    (tmp_path / "c").write_text(FRAME.to_json(orient="records", lines=True))
    for one in ("a.csv", "b.parquet", "c"):
        same(open_table(tmp_path / one).frame())


def test_what_was_taken_for_granted_is_said(tmp_path: Path) -> None:
    for name, words in [("semicolon.csv", "separated by semicolon"), ("windows.csv", "Windows-1252")]:
        WRITERS[name](tmp_path / name)
        assert any(words in note for note in open_table(tmp_path / name).notes)
    WRITERS["comma.csv"](tmp_path / "comma.csv")
    (tmp_path / "ascii.csv").write_text("a,b\n1,2\n")
    assert open_table(tmp_path / "ascii.csv").notes == ()
    assert open_table(tmp_path / "comma.csv").notes == ()


def test_values_are_not_made_into_something_else(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("code,when,flag\n007,2024-01-02,True\n08,NA,false\n")
    found = open_table(tmp_path / "a.csv").frame()
    assert found["code"].tolist() == ["007", "08"]
    assert found["when"].isna().tolist() == [False, True]
    (tmp_path / "a.jsonl").write_text('{"date": 1700000000, "updated_at": "2024-01-02"}\n')
    found = open_table(tmp_path / "a.jsonl").frame()
    assert found.iloc[0].tolist() == [1700000000, "2024-01-02"]


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_a_folder_of_shards_is_one_table(ending: str, tmp_path: Path) -> None:
    for at, part in enumerate((FRAME[:3], FRAME[3:][["hired", "name", "score"]])):
        path = tmp_path / f"part-{at}.{ending}"
        if ending == "csv":
            part.to_csv(path, index=False, sep=",;"[at])
        elif ending == "parquet":
            part.to_parquet(path, index=False)
        else:
            part.to_json(path, orient="records", lines=True, double_precision=15)
    (tmp_path / "README.md").write_text("not a shard")
    same(open_table(tmp_path).frame())


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    given = io.BytesIO(gzip.compress(FRAME.to_csv(index=False).encode()))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=given))
    at_the_end: list[Callable[[], object]] = []
    monkeypatch.setattr("atexit.register", lambda act, **given: at_the_end.append(lambda: act(**given)))
    table = open_table("-")
    same(table.frame())
    assert table.name == "standard input"
    assert all(one.exists() for one in table.paths)
    for act in at_the_end:
        act()
    assert not any(one.exists() for one in table.paths)


def test_reading_stops_where_there_are_more_rows_than_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.bring.table.ROWS", 10)
    pd.DataFrame({"a": range(100)}).to_parquet(tmp_path / "a.parquet")
    assert 20 < len(open_table(tmp_path / "a.parquet").frame(most=25)) < 60


def test_a_column_of_json_lines_that_comes_late_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.bring.table.ROWS", 10)
    lines = ['{"a": 1}'] * 25
    (tmp_path / "a.jsonl").write_text("\n".join([*lines, '{"a": 1, "late": 2}']))
    assert "names the column 'late' for the first time after 20 rows" in refused(tmp_path / "a.jsonl")
    (tmp_path / "b.jsonl").write_text("\n".join(['{"a": 1, "late": null}', *lines, '{"a": 1, "late": 2}']))
    assert open_table(tmp_path / "b.jsonl").frame()["late"].iloc[-1] == 2


def test_five_thousand_columns(tmp_path: Path) -> None:
    wide = pd.DataFrame(np.arange(15_000).reshape(3, 5000), columns=[f"c{at}" for at in range(5000)])
    wide.to_csv(tmp_path / "wide.csv", index=False)
    table = open_table(tmp_path / "wide.csv")
    assert len(table.columns) == 5000
    assert table.frame(["c4999"])["c4999"].tolist() == ["4999", "9999", "14999"]


# ----------------------------------------------------------------------------------------------------------- bad input


def refused(path: Path) -> str:
    """The one sentence that is said of a file, whether it is opened or read to its end."""
    with pytest.raises((Unreadable, FileNotFoundError)) as caught:
        open_table(path).frame()
    said = str(caught.value)
    assert "\n" not in said
    assert said.endswith(".")
    return said


def packed(data: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a.csv", data)
    return made.getvalue()


TEXT = FRAME.to_csv(index=False).encode()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (gzip.compress(b"", mtime=0), "Empty CSV file"),
        (b"a,b\n1,2\n3,secret,5\n", "values and the first line names 2 columns"),
        (b"a,b\n1\n", "values and the first line names 2 columns"),
        (bytes(range(256)) * 8, "no text, and no table"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "no text, and no table"),
        (packed(TEXT), "zip archive"),
        (gzip.compress(TEXT * 500)[:-20], "cannot be read"),
        (b"PAR1" + bytes(100), "cannot be read"),
        (b"ARROW1\0\0" + bytes(100), "cannot be read"),
        (b"a,b,a\n1,2,3\n", "two columns 'a'"),
        (b'"a\nb",c\n1,2\n', "line breaks"),
        (b'{"a": 1}\n{"a": \n', "cannot be read"),
        (b"{not json", "cannot be read"),
        (b"[1, 2", "cannot be read"),
        (b"x" * 200_000, "field larger than"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(content)
    said = refused(path)
    assert words in said
    assert "secret" not in said


@pytest.mark.parametrize("ending", ["parquet", "arrow"])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.99])
def test_truncated_files(ending: str, share: float, tmp_path: Path) -> None:
    path = tmp_path / f"a.{ending}"
    frame = pd.concat([FRAME] * 300, ignore_index=True)
    frame.to_parquet(path) if ending == "parquet" else frame.to_feather(path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    assert "cannot be read" in refused(path)


def test_damaged_arrow_buffers_are_a_sentence_and_no_crash(tmp_path: Path) -> None:
    table, made = pa.table({"name": pa.array(["Ana", "Zoë"], pa.string())}), io.BytesIO()
    with pa.ipc.new_stream(made, table.schema) as stream:
        stream.write_table(table)
    whole = made.getvalue()
    offsets = np.array([0, 3, 7], dtype="<i4").tobytes()
    at = whole.find(offsets)
    assert at > 0
    (tmp_path / "a.arrow").write_bytes(
        whole[:at] + np.array([0, 2**30, 2**30], dtype="<i4").tobytes() + whole[at + 12 :]
    )
    assert "cannot be read" in refused(tmp_path / "a.arrow")


def test_a_small_file_that_unpacks_to_a_huge_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.bring.text.HARMLESS", 1 << 20)
    (tmp_path / "bomb.csv.gz").write_bytes(gzip.compress(b"a\n" + b"0\n" * (40 << 20), 9))
    assert "unpacks to more than" in refused(tmp_path / "bomb.csv.gz")


def test_a_file_that_claims_absurdly_many_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pd.DataFrame({"a": np.zeros(1_000_000)}).to_parquet(tmp_path / "a.parquet")
    monkeypatch.setattr("audit.bring.table.RICHEST", 10)
    assert "claims 1000000 rows" in refused(tmp_path / "a.parquet")


def test_one_long_text_in_many_rows_is_no_memory_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.bring.table.LARGEST", 1 << 20)
    note = pa.DictionaryArray.from_arrays(pa.array(np.zeros(20_000, "i4")), pa.array(["x" * 100_000]))
    pa.parquet.write_table(pa.table({"note": note}), tmp_path / "a.parquet", store_schema=False)
    assert "unpacks to 2000000000 bytes of text" in refused(tmp_path / "a.parquet")


def nested_text(path: Path) -> None:
    one = pa.DictionaryArray.from_arrays(pa.array(np.zeros(20_000, "i4")), pa.array(["x" * 100_000]))
    note = pa.ListArray.from_arrays(pa.array(range(0, 20_001, 2), "i4"), one)
    pa.parquet.write_table(pa.table({"note": note}), path, store_schema=False)


def nested_numbers(path: Path) -> None:
    many = pa.ListArray.from_arrays(pa.array([0, 1_000_000], "i4"), pa.array(np.zeros(1_000_000, "i1")))
    pa.parquet.write_table(pa.table({"many": many}), path)


def wide_bytes(path: Path) -> None:
    wide = pa.FixedSizeBinaryArray.from_buffers(pa.binary(10_000), 2000, [None, pa.py_buffer(bytes(20_000_000))])
    pa.parquet.write_table(pa.table({"wide": wide}), path)


def long_pages(path: Path) -> None:
    long = pa.table({"long": ["x" * 20_000_000]})
    pa.parquet.write_table(long, path, compression="zstd", use_dictionary=False, write_statistics=False)


def packed_arrow(path: Path) -> None:
    zeros = pa.table({"zero": np.zeros(2_000_000)})
    with pa.ipc.new_file(path, zeros.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as file:
        file.write_table(zeros)


def packed_stream(path: Path) -> None:
    words = pa.table({"word": pa.array(["x" * 20_000_000, "y"]).dictionary_encode()})
    with pa.ipc.new_stream(path, words.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as stream:
        stream.write_table(words)


@pytest.mark.parametrize(
    "write", [nested_text, nested_numbers, wide_bytes, long_pages, packed_arrow, packed_stream]
)  # fmt: skip
def test_what_would_unpack_to_far_more_than_it_holds_is_refused_before(
    write: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "a")
    assert (tmp_path / "a").stat().st_size < 200_000
    monkeypatch.setattr("audit.bring.table.LARGEST", 1 << 20)
    monkeypatch.setattr("audit.bring.unpacked.LARGEST", 1 << 20)
    monkeypatch.setattr("audit.bring.text.RICHEST", 10)
    before = pa.total_allocated_bytes()
    assert "unpacks to" in refused(tmp_path / "a")
    assert pa.total_allocated_bytes() - before < 1 << 20


def test_nested_columns_and_bytes_are_read_as_they_are(tmp_path: Path) -> None:
    kinds = pa.map_(pa.string(), pa.string())
    nested = pa.table(
        {
            "list": [["a", "b"], None], "of": [{"x": "a", "y": 1}, None], "bytes": [b"\xff", None],
            "map": pa.array([[("k", "v")], None], kinds), "deep": [[["a"]], []],
        }
    )  # fmt: skip
    pa.parquet.write_table(nested, tmp_path / "a.parquet")
    found = open_table(tmp_path / "a.parquet").frame().iloc[0]
    assert list(found["list"]) == ["a", "b"]
    assert (found["of"], found["bytes"], found["map"]) == ({"x": "a", "y": 1}, b"\xff", [("k", "v")])
    assert found["deep"][0].tolist() == ["a"]


@pytest.mark.parametrize("index", [[5, 9, 2, 1], pd.RangeIndex(7, 11), ["a", "b", "c", "d"]])
def test_an_index_of_pandas_is_a_column_or_nothing(index: Any, tmp_path: Path) -> None:
    indexed = FRAME.set_index(pd.Index(index))
    indexed.to_parquet(tmp_path / "a.parquet")
    with pa.ipc.new_file(tmp_path / "a.arrow", pa.Schema.from_pandas(indexed)) as file:
        file.write_table(pa.Table.from_pandas(indexed))
    for name in ("a.parquet", "a.arrow"):
        found = open_table(tmp_path / name).frame()
        assert found.index.tolist() == [0, 1, 2, 3]
        same(found[list(FRAME.columns)])


def test_categories_are_texts(tmp_path: Path) -> None:
    FRAME.astype({"name": "category"}).to_parquet(tmp_path / "a.parquet", index=False)
    same(open_table(tmp_path / "a.parquet").frame())


def test_shards_that_are_no_shards(tmp_path: Path) -> None:
    FRAME.to_csv(tmp_path / "a.csv", index=False)
    FRAME[["name"]].to_csv(tmp_path / "b.csv", index=False)
    assert "shards of one table have the same columns" in refused(tmp_path)
    (tmp_path / "b.csv").unlink()
    (tmp_path / "b.csv").symlink_to("/etc/passwd")
    assert "points outside that folder" in refused(tmp_path)
    (tmp_path / "b.csv").unlink()
    (tmp_path / "b.csv").symlink_to(tmp_path / "b.csv")
    assert "leads nowhere" in refused(tmp_path)
    (tmp_path / "b.csv").unlink()
    (tmp_path / "b.csv").mkdir()
    assert "neither a file nor a folder" in refused(tmp_path)
    (tmp_path / "empty").mkdir()
    assert "holds no table" in refused(tmp_path / "empty")
    assert "no file or folder" in refused(tmp_path / "nothing.csv")


def test_a_column_that_does_not_exist_offers_the_nearest(tmp_path: Path) -> None:
    FRAME.to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(UnknownName, match=r"no column 'hird'. Did you mean 'hired'\?"):
        next(open_table(tmp_path / "a.csv").batches(["hird"]))
