"""How each reader is asked about a damaged file: a case returns, or raises what the reader raises."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import hostile_files as files
from benchmarks.hostile_files import Draw

HOSTILE_ROLES: list[dict[str, Any]] = [
    {"truth": "hired", "score": "score", "threshold": 0.5, "groups": ("sex", "race"), "favourable": "1", "id": "row"},
    {"truth": "hired", "decision": "decided", "groups": ("sex",), "favourable": "1", "weight": "weight", "unit": "who"},
    {"truth": "hired", "score": ("0=other", "1=score"), "time": "when", "probabilities": {"race": ("score", "other")}},
    {"truth": "pay", "decision": "score", "kind": "regression", "groups": ("race",), "weight": "weight"},
    {"truth": "hired", "score": "score", "kind": "ranking", "query": "who"},
    {"decision": "decided", "favourable": "1", "groups": ("sex", "race"), "time": "when"},
    {"truth": "race", "decision": "sex"},
    {"truth": "hired", "score": "pay", "threshold": 0.5, "positive": "yes"},
    {"truth": "nothing", "decision": "decided"},
    {},
]
CHECKED = 6
"""Every how many tables that were read are also audited."""
LOOKED = 0.1
"""Share of the tables that are looked at."""
CHECKS = ("ACC001", "FAI001", "FAI002", "CAL001", "DAT002")
COPIED = 20_000_000


@lru_cache(maxsize=1)
def seeds(folder: Path) -> dict[str, bytes]:
    """The contents of the valid files, by name below the folder."""
    return {str(one.relative_to(folder)): one.read_bytes() for one in sorted(folder.rglob("*")) if one.is_file()}


def chosen(draw: Draw, place: Path, room: str) -> tuple[str, bytes, list[bytes]]:
    """Name and content of a valid file, and the contents of all."""
    known = seeds(place / "seeds")
    names = [one for one in known if one.startswith(f"{room}/")]
    name = names[int(draw.integers(len(names)))]
    return Path(name).name, known[name], list(known.values())


# -------------------------------------------------------------------------------------------------------------- tables


def table(draw: Draw, place: Path, own: Path) -> None:
    """A damaged table, or a folder of them, read and understood, or only looked at."""
    path = damaged_table(draw, place, own)
    if draw.random() < LOOKED:
        look(path)
    else:
        read(path, draw)


def look(path: Path) -> None:
    from dashboard.bringing import look as look_at

    look_at(str(path), None)


def damaged_table(draw: Draw, place: Path, own: Path) -> Path:
    kinds = list(files.WRITERS)
    kind = kinds[int(draw.integers(len(kinds)))]
    path = own / f"data.{kind}"
    style = draw.random()
    if style < 0.45:
        try:
            files.WRITERS[kind](files.damaged_frame(files.table(), draw), path)
        except Exception:  # noqa: BLE001 -- this writer cannot write such a table; another can
            files.damaged_frame(files.table(), draw).astype(str).to_csv(path, index=False)
        if draw.random() < 0.15:
            path.write_bytes(files.damaged(path.read_bytes(), draw, list(seeds(place / "seeds").values())))
        return path
    name, content, others = chosen(draw, place, "table")
    path = own / name
    path.write_bytes(files.damaged(content, draw, others))
    if style < 0.9:
        return path
    return shards(draw, own, path, content)


def shards(draw: Draw, own: Path, path: Path, content: bytes) -> Path:
    """A folder with a valid and a damaged shard, perhaps a link or a folder that looks like one."""
    folder = own / "shards"
    folder.mkdir()
    shutil.move(path, folder / f"b{path.name}")
    (folder / f"a{path.name}").write_bytes(content)
    trick = int(draw.integers(5))
    if trick == 0:
        (folder / "c.csv").symlink_to("/etc/passwd")
    elif trick == 1:
        (folder / "c.csv").mkdir()
    elif trick == 2:
        (folder / "c.csv").symlink_to(folder / "c.csv")
    elif trick == 3:
        os.mkfifo(folder / "c.csv")
    return folder


def read(path: Path, draw: Draw) -> None:
    from audit.bring.brought import brought
    from audit.bring.roles import Roles, guessed
    from audit.bring.table import open_table

    found = open_table(path)
    given = dict(HOSTILE_ROLES[int(draw.integers(len(HOSTILE_ROLES)))])
    if draw.random() < 0.2:
        role = str(draw.choice(["truth", "score", "favourable", "weight", "id", "time"]))
        given[role] = files.STRINGS[int(draw.integers(len(files.STRINGS)))] or None
    try:
        roles = Roles.model_validate({role: one for role, one in given.items() if one is not None})
    except ValueError:
        return  # the terminal says these in its own words
    roles, _ = guessed(roles, found.columns)
    made = brought(found, roles)
    if draw.random() < 1 / CHECKED:
        ask(made.subject.evidence)


def ask(evidence: dict[type, Any]) -> None:
    """The cheap questions; one that fails is a failure."""
    from audit.catalogue import select
    from audit.run import run

    for one in run(evidence, select(CHECKS)):
        if one.status == "failed":
            raise AssertionError(f"{one.question.code}: {one.reason}")


def task(draw: Draw, place: Path, own: Path) -> None:
    """A damaged ``task.toml`` beside a valid table."""
    from audit.bring import roles
    from audit.bring.brought import brought
    from audit.bring.table import open_table

    shutil.copy(place / "seeds/table/good.csv", own / "good.csv")
    path = own / "task.toml"
    content = files.TASK
    if draw.random() < 0.5:
        lines = content.splitlines()
        for _ in range(int(draw.integers(1, 4))):
            at = int(draw.integers(len(lines)))
            key = lines[at].partition("=")[0]
            string = files.STRINGS[int(draw.integers(len(files.STRINGS)))]
            values = [json.dumps(string), "1e999", "nan", "-1", "[]", "{}", "true", "2024-01-01", '["sex", 1]', '"/etc/passwd"',
                      '"../../../etc/passwd"', "9" * 30, '"good.csv"', "[[1]]", '{a = ["b"]}', "inf", '"-"']  # fmt: skip
            lines[at] = f"{key}= {values[int(draw.integers(len(values)))]}"
        content = "\n".join(lines)
        path.write_text(content)
    else:
        path.write_bytes(files.damaged(content.encode(), draw, list(seeds(place / "seeds").values())))
    where, known = roles.read(path)
    if str(where).endswith("-"):
        return
    brought(open_table(where), known)


# --------------------------------------------------------------------------------------- publications, versions, models


def publication(draw: Draw, place: Path, own: Path) -> None:
    from audit.publication.form import read as read_publication

    name, content, others = chosen(draw, place, "publication")
    path = own / name
    if draw.random() < 0.5:
        path = own / "damaged.json"
        path.write_text(json.dumps(files.damaged_value(files.PUBLICATION, draw)))
    else:
        path.write_bytes(files.damaged(content, draw, others))
    read_publication(path)


def version(draw: Draw, place: Path, own: Path) -> None:
    """A version whose card or weights were changed; most with digests that fit what was changed."""
    from models.load import load

    folder = shutil.copytree(place / "seeds/version", own / "version")
    others = list(seeds(place / "seeds").values())
    card, weights = folder / "card.json", next(folder.glob("*.safetensors"))
    style = draw.random()
    if style < 0.4:
        given = json.loads(card.read_text())
        given["identity"] = files.damaged_value(given["identity"], draw, 0.02)
        card.write_text(json.dumps(refitted(given)))
    elif style < 0.5:
        card.write_bytes(files.damaged(card.read_bytes(), draw, others))
    else:
        weights.write_bytes(files.damaged(weights.read_bytes(), draw, others))
        if style < 0.9:
            given = json.loads(card.read_text())
            given["identity"]["files"][0]["digest"] = hashlib.sha256(weights.read_bytes()).hexdigest()
            card.write_text(json.dumps(refitted(given)))
    load(folder)


def refitted(card: dict[str, Any]) -> dict[str, Any]:
    """The card with the digest of its identity, where it still is one."""
    from models.card import Identity

    try:
        return card | {"digest": Identity.model_validate_json(json.dumps(card["identity"])).sha256()}
    except ValueError:
        return card


def foreign(draw: Draw, place: Path, own: Path) -> None:
    """A damaged model of somebody else's, opened and asked."""
    from models.foreign import Limits, open_foreign

    name, content, others = chosen(draw, place, "foreign")
    others = [one for one in others if len(one) < COPIED]
    if name in ("config.json", "model.safetensors"):
        path = shutil.copytree(place / "seeds/foreign/hugging", own / "hugging")
        if name == "config.json" and draw.random() < 0.6:
            (path / name).write_text(json.dumps(files.damaged_value(json.loads(content), draw, 0.2)))
        else:
            (path / name).write_bytes(files.damaged(content, draw, others))
    else:
        path = own / name
        path.write_bytes(files.damaged(content, draw, others))
    with open_foreign(path, limits=Limits()) as model:
        if not model.regression:
            model.probabilities(np.zeros((4, 3)))


def served(draw: Draw, place: Path, own: Path) -> None:
    """A damaged answer of a server, read as each protocol reads it."""
    import httpx

    from models.served.answer import scores
    from models.served.protocol import OpenInference
    from models.served.reply import Again, judged, read_json
    from models.served.template import Template

    body = files.ANSWERS[int(draw.integers(len(files.ANSWERS)))]
    content = json.dumps(files.damaged_value(body, draw) if draw.random() < 0.7 else body).encode()
    if draw.random() < 0.4:
        content = files.damaged(content, draw, list(seeds(place / "seeds").values()))
    status = int(draw.choice([200, 200, 200, 200, 200, 301, 400, 401, 404, 429, 500, 503]))
    kind = str(draw.choice(["application/json", "application/json", "application/json", "text/html", "x", ""]))
    waits = files.STRINGS[int(draw.integers(len(files.STRINGS)))].encode("ascii", "replace").replace(b"\n", b"")
    headers = [(b"content-type", kind.encode()), (b"location", waits), (b"retry-after", waits)]
    reply = judged(
        httpx.Response(status, headers=headers, request=httpx.Request("POST", "http://localhost")),
        content,
        quoting=bool(draw.random() < 0.5),
    )
    if isinstance(reply, Again):
        return
    found = read_json(reply)
    protocol = OpenInference("m", output=None) if draw.random() < 0.5 else Template(
        request='{"instances": $rows}', scores="predictions[*].probabilities"
    )  # fmt: skip
    if isinstance(protocol, OpenInference) and draw.random() < 0.4:
        protocol.metadata(found)
        return
    scores(protocol.read(found), 3)


# ------------------------------------------------------------------------------------------------------ the command line


def terminal(draw: Draw, place: Path, own: Path) -> None:
    """A request that cannot be fulfilled: exit code 2, one line, and nothing kept."""
    name, options = request(draw, place, own)
    given = [sys.executable, "-m", "dashboard.cli", "audit", name, *options, "--home", str(place / "home")]
    done = subprocess.run(given, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL)
    lines = done.stderr.strip().splitlines()
    if done.returncode != 2 or len(lines) != 1:
        raise AssertionError(f"exit {done.returncode}, {len(lines)} lines for {options}: {done.stderr[-300:]}")


def request(draw: Draw, place: Path, own: Path) -> tuple[str, list[str]]:
    """A valid file and bad options, or a bad file and good options."""
    good, roles = place / "seeds/table/good.csv", list(files.ROLES)
    if draw.random() < 0.5:
        bad = [["--truth", "nothing"], ["--threshold", "nan"], ["--score", "pay"], ["--groups", "../../etc"], ["--id", "sex"],
               ["--favourable", "9"], ["--weight", "race"], ["--kind", "everything"], ["--group-probabilities", "race=pay,score"],
               ["--group-probabilities", "nonsense"], ["--positive", "\x1b[31m"], ["--time", "'; DROP TABLE x"],
               ["--score", "1=score,0=pay"], ["--before", "/nothing"]]  # fmt: skip
        return str(good), [*roles, *bad[int(draw.integers(len(bad)))]]
    spoilt: dict[str, Callable[[bytes], bytes]] = {
        "a.csv": lambda data: b"", "b.csv": lambda data: data[:60], "c.csv": lambda data: data.replace(b"\n", b",1\n", 3),
        "d.parquet": lambda data: data, "e.csv": lambda data: bytes(range(256)) * 9, "f.csv.gz": lambda data: data[:300],
        "g.arrow": lambda data: data[:-200], "h.jsonl": lambda data: data[:-20], "i.csv": lambda data: b"PK\x03\x04" + data,
        "j.csv": lambda data: data.replace(b"hired", b"score"),
    }  # fmt: skip
    name = list(spoilt)[int(draw.integers(len(spoilt)))]
    ending = name.partition(".")[2]
    content = (place / f"seeds/table/good.{ending}").read_bytes()
    if ending == "parquet":
        content = content[: int(len(content) * draw.uniform(0.1, 0.9))]
    path = own / name
    path.write_bytes(spoilt[name](content))
    return str(path), roles


KINDS: dict[str, Callable[[Draw, Path, Path], None]] = {
    "table": table, "task": task, "publication": publication, "version": version, "served": served, "foreign": foreign,
    "terminal": terminal,
}  # fmt: skip
