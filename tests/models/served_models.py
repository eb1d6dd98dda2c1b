"""Small models behind HTTP, each route with one way of behaving; run as a program, it prints its port.

Below ``/{case}/{key}/`` a server speaks the Open Inference Protocol and has a plain route ``score``. What was asked is counted
by ``key``, so that tests do not meet.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pandas as pd
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response, StreamingResponse

CLASSES = ("no", "yes")
JOBS = {"baker": 0.7, "nurse": -0.4}
WEIGHTS = np.array([[0.3, -1.2, 0.5], [1.1, 0.4, -0.7]])

app = FastAPI()
asked: dict[str, list[str]] = defaultdict(list)
"""Of each key, the authorization of every request that asked for scores."""


def logistic(table: pd.DataFrame) -> np.ndarray:
    """(n, 2) probabilities of a model of age, income and job; a missing income counts as 2."""
    income = table["income"].astype(float).fillna(2.0).to_numpy()
    job = table["job"].map(JOBS).fillna(0.0).astype(float).to_numpy()
    yes = 1 / (
        1 + np.exp(-(0.05 * table["age"].to_numpy(dtype=float) - income + job + 0.3 * table["member"].to_numpy(bool)))
    )
    return np.column_stack([1 - yes, yes])


def softmax(array: np.ndarray) -> np.ndarray:
    """(n, 3) probabilities of a model of two numbers."""
    scores = np.exp(array @ WEIGHTS)
    return scores / scores.sum(axis=1, keepdims=True)


def length(texts: list[str]) -> np.ndarray:
    """(n, 2) probabilities of a model of texts."""
    yes = np.array([1 / (1 + len(one)) for one in texts])
    return np.column_stack([1 - yes, yes])


def _answered(inputs: list[dict[str, Any]]) -> np.ndarray:
    named = {one["name"]: one for one in inputs}
    if "age" in named:
        assert named["age"]["datatype"] in ("INT64", "FP32")
        assert named["job"]["shape"] == [
            len(named["job"]["data"]),
            *([1] if named["age"]["datatype"] == "INT64" else []),
        ]
        return logistic(pd.DataFrame({name: one["data"] for name, one in named.items()}))
    (only,) = inputs
    if only["datatype"] == "BYTES":
        return length(only["data"])
    return softmax(np.array(only["data"], dtype=float).reshape(only["shape"]))


def _output(values: np.ndarray, **changes: Any) -> dict[str, Any]:
    output = {"name": "probabilities", "datatype": "FP64", "shape": list(values.shape), "data": values.ravel().tolist()}
    return output | changes


def _outputs(case: str, found: np.ndarray) -> list[dict[str, Any]]:
    """The scores, as a model that behaves in this way would write them."""
    yes, label = found[:, -1], found.argmax(axis=1)
    labels = _output(label, name="label", datatype="INT64")
    off = found.copy()
    off[-1, 0] += 0.1
    nested: list[Any] = found.tolist()
    nested[0] = nested[0][:1]
    ways = {
        "positive": [_output(yes)],
        "column": [_output(yes[:, None])],
        "amounts": [_output(1000 * yes - 200, name="amount")],
        "labels": [labels],
        "names": [_output(label, datatype="BYTES", data=[CLASSES[one % 2] for one in label])],
        "truths": [_output(label, datatype="BOOL", data=(label == 1).tolist())],
        "hard": [_output(np.eye(found.shape[1])[label])],
        "both": [labels, _output(found)],
        "several": [_output(found, name="a"), _output(found, name="b")],
        "short": [_output(found[:-1])],
        "outside": [_output(3 * found)],
        "off": [_output(off)],
        "rounded": [_output(found.round(4))],
        "ragged": [_output(found, data=nested)],
        "misshapen": [_output(found, shape=[len(found), 7])],
        "null": [_output(found, data=[None, *found.ravel().tolist()[1:]])],
        "written": [_output(found, data=[str(one) for one in found.ravel()])],
        "deep": [_output(found, shape=[len(found), found.shape[1], 1])],
        "dataless": [_output(found, data=None)],
        "unnamed": [],
    }
    return ways.get(case, [_output(found)])


@app.get("/alive")
def alive() -> bool:
    return True


@app.get("/asked/{key}")
def seen(key: str) -> list[str]:
    return asked[key]


@app.get("/{case}/{key}/v2/models/{model}")
def metadata(case: str, key: str, model: str) -> Response:
    if model == "nobody":
        return JSONResponse({"error": "there is no model nobody"}, 404)
    version = "2" if case == "quiet" and len(asked[key]) > 1 else "1"
    inputs = {
        "typed": [
            {"name": "age", "datatype": "FP32", "shape": [-1, 1]},
            {"name": "income", "datatype": "FP64", "shape": [-1, 1]},
            {"name": "job", "datatype": "BYTES", "shape": [-1]},
            {"name": "member", "datatype": "UINT8", "shape": [-1, 1]},
        ],
        "mistyped": [{"name": "job", "datatype": "FP64", "shape": [-1, 1]}],
        "fractions": [{"name": "income", "datatype": "INT32", "shape": [-1, 1]}],
        "declared": [{"name": "x", "datatype": "FP32", "shape": [-1, 2]}],
        "columns": [
            {"name": "age", "datatype": "INT64", "shape": [-1, 1]},
            {"name": "height", "datatype": "FP64", "shape": [-1]},
        ],
    }
    versions = {"versionless": [], "changing-untold": [], "several-versions": ["1", "2"]}.get(case, [version])
    found = {
        "name": model,
        "versions": versions,
        "platform": "hand-made",
        "inputs": inputs.get(case, []),
        "outputs": [],
    }
    return JSONResponse(found)


@app.get("/{case}/{key}/v2/models/{model}/ready")
def ready(case: str, key: str, model: str) -> Response:
    return JSONResponse({"name": model, "ready": False}) if case == "loading" else Response()


@app.post("/{case}/{key}/v2/models/{model}/infer")
async def infer(case: str, key: str, model: str, request: Request) -> Response:
    body = await request.json()
    asked[key].append(request.headers.get("authorization", ""))
    if unusual := await _unusual(case, key, request):
        return unusual
    answer: dict[str, Any] = {"model_name": model, "outputs": _outputs(case, _answered(body["inputs"]))}
    if case not in ("quiet", "versionless", "header"):
        answer["model_version"] = "2" if case.startswith("changing") and len(asked[key]) > 2 else "1"
    if case == "other":
        answer["model_version"] = "9"
    if case == "echo":
        answer = {request.headers["authorization"]: 1}
    headers = {"x-model-version": str(len(asked[key]))} if case == "header" else {}
    return JSONResponse(answer, headers=headers)


async def _unusual(case: str, key: str, request: Request) -> Response | None:
    """What a server may do instead of answering: ever, or the first times."""
    times = len(asked[key])
    if case == "slow" or (case == "slow-once" and times == 1):
        await asyncio.sleep(2)
    if case == "dripping":
        return StreamingResponse(_drops(), media_type="application/json")
    if case == "redirect":
        url = f"http://user:{key}@localhost:{request.url.port}/good/{key}/v2/models/m/infer?secret=1"
        return RedirectResponse(url, 307)
    first = _first(case) if times < 3 else None
    return first or _refusal(case, request.headers.get("authorization", "")) or _no_answer(case)


def _first(case: str) -> Response | None:
    """What comes twice before an answer."""
    ways = {
        "flaky": JSONResponse({"error": "busy"}, 503),
        "limited": Response(status_code=429, headers={"Retry-After": "0"}),
        "hanging-up": Response(b"{", headers={"Content-Length": "9", "Content-Type": "application/json"}),
    }
    return ways.get(case)


def _refusal(case: str, token: str) -> Response | None:
    ways = {
        "closed-for-today": Response(status_code=429, headers={"Retry-After": "86400"}),
        "broken": JSONResponse({"error": f"I know {token}"}, 500),
        "forbidden": JSONResponse({"detail": f"{token} may not, and nurse may not"}, 403),
        "invalid": JSONResponse({"detail": [{"msg": "Field required", "loc": ["x"], "input": "Ada Lovelace"}]}, 422),
    }
    return ways.get(case)


def _no_answer(case: str) -> Response | None:
    """What is fine for HTTP and no answer of a model."""
    html, coded = {"media_type": "text/html"}, {"Content-Encoding": "gzip"}
    ways = {
        "html": Response("<html><title>Please log in</title></html>", **html),
        "compressed": Response(gzip.compress(b"{}"), media_type="application/json", headers=coded),
        "plain": Response("0.5", media_type="text/plain"),
    }
    texts = {
        "cut": '{"outputs": [',
        "nested": "[" * 100_000,
        "list": "[1]",
        "nan": '{"outputs": [{"data": [NaN]}]}',
        "infinite": '{"outputs": [{"data": [1e999]}]}',
        "astronomic": '{"outputs": [{"name": "p", "datatype": "FP64", "shape": [1], "data": [1%s]}]}' % ("0" * 400),
        "huge": " " * 3_000_000,
    }
    return Response(texts[case], media_type="application/json") if case in texts else ways.get(case)


async def _drops() -> AsyncIterator[bytes]:
    for _ in range(100):
        yield b" "
        await asyncio.sleep(0.05)


@app.post("/{case}/{key}/score")
async def score(case: str, key: str, request: Request) -> Response:
    body = json.loads(await request.body())
    asked[key].append(request.headers.get("authorization", ""))
    rows = body["instances"]
    found = softmax(np.array(rows)) if case == "values" else logistic(pd.DataFrame(rows))
    ranked = [sorted(zip(CLASSES, row, strict=False), key=lambda one: -one[1]) for row in found.tolist()]
    answers: dict[str, Any] = {
        "ranked": [[{"label": label, "score": p} for label, p in row] for row in ranked],
        "ranked-badly": [[{"label": "no", "score": p} for label, p in row] for row in ranked],
        "objects": {"predictions": [dict(zip(CLASSES, row, strict=False)) for row in found.tolist()]},
        "unlike": {"predictions": [{str(at): 1.0} for at in range(len(found))]},
        "positive": {"predictions": found[:, 1].tolist(), "model_version": "7"},
        "words": {"predictions": [CLASSES[one % 2] for one in found.argmax(axis=1)]},
    }
    usual = {"predictions": [{"probabilities": row} for row in found.tolist()]}
    return JSONResponse(answers.get(case, usual), headers={"ETag": '"abc"'})


if __name__ == "__main__":
    door = socket.socket()
    door.bind(("127.0.0.1", 0))
    sys.stdout.write(f"{door.getsockname()[1]}\n")
    sys.stdout.flush()
    uvicorn.Server(uvicorn.Config(app, log_level="critical")).run(sockets=[door])
