"""A model behind HTTP gives what the same model gives here, or says in one sentence why not."""

import logging
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import time
import traceback
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import numpy as np
import pandas as pd
import pytest
from served_models import CLASSES, length, logistic, softmax

from models.endpoint import Endpoint, EndpointFailed, OpenInference, Price, Template, VersionChanged
from models.served.reply import seconds_after
from models.served.tensor import columns, typed

TOKEN = "s3cret-Tok.en/42"
CREDIT = OpenInference(model="credit", classes=CLASSES)
Served = Callable[..., Endpoint]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server in another process."""
    command = [sys.executable, str(Path(__file__).parent / "served_models.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        address = f"http://127.0.0.1:{process.stdout.readline().strip()}"
        try:
            for _ in range(200):
                try:
                    httpx.get(f"{address}/alive", trust_env=False)
                    break
                except httpx.ConnectError:
                    time.sleep(0.05)
            yield address
        finally:
            process.terminate()
            process.wait(10)


@pytest.fixture(autouse=True)
def _direct(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("MODEL_TOKEN", TOKEN)


@pytest.fixture
def served(server: str) -> Iterator[Served]:
    """Makes an endpoint of one way of behaving, under a key of its own; impatient, because the tests are."""
    made = []

    def make(case: str = "good", protocol: OpenInference | Template = CREDIT, **options: object) -> Endpoint:
        path = "/score" if isinstance(protocol, Template) else ""
        options = {"backoff": 0.01, "timeout": 5.0, **options}
        endpoint = Endpoint(f"{server}/{case}/{uuid.uuid4().hex}{path}", protocol, **options)  # type: ignore[arg-type]
        made.append(endpoint)
        return endpoint

    yield make
    for one in made:
        one.close()


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    drawn = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "age": drawn.integers(18, 80, 30),
            "income": np.where(drawn.random(30) < 0.2, np.nan, drawn.normal(2, 1, 30)),
            "job": drawn.choice(["baker", "nurse", "pilot"], 30),
            "member": drawn.random(30) < 0.5,
        }
    )


def asked(server: str, endpoint: Endpoint) -> list[str]:
    """The authorization of each request for scores that a server got from an endpoint."""
    key = endpoint.url.path.split("/")[2]
    found: list[str] = httpx.get(f"{server}/asked/{key}", trust_env=False).json()
    return found


@pytest.mark.parametrize("parallel", [1, 3])
@pytest.mark.parametrize("batch", [1, 7, 30, 64])
def test_a_served_table_model_answers_as_the_same_model_here(
    served: Served, table: pd.DataFrame, batch: int, parallel: int
) -> None:
    endpoint = served(batch=batch, parallel=parallel)
    given = endpoint.probabilities(table)
    np.testing.assert_allclose(given, logistic(table), rtol=0, atol=1e-12)
    assert given.dtype == np.float64
    assert endpoint.version == "1"
    assert endpoint.classes == CLASSES
    assert endpoint.usage.answered == -(-30 // batch)
    assert endpoint.usage.requests == endpoint.usage.answered + 2
    assert endpoint.usage.rows == 30
    assert not endpoint.remarks


@pytest.mark.parametrize("kind", ["category", "string"])
def test_the_type_of_a_text_column_does_not_matter(served: Served, table: pd.DataFrame, kind: str) -> None:
    table = table.astype({"job": kind, "income": "Float64"})
    np.testing.assert_allclose(served().probabilities(table), logistic(table), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("values", "datatype", "data"),
    [
        ([1, None], "FP64", [1.0, None]),
        ([1, 2], "INT64", [1, 2]),
        ([True, None], "BOOL", [True, None]),
        (["a", None], "BYTES", ["a", None]),
    ],
)
@pytest.mark.parametrize("kind", ["object", "category"])
def test_objects_go_as_what_they_are(values: list[object], datatype: str, data: list[object], kind: str) -> None:
    (tensor,) = columns(typed(pd.DataFrame({"x": pd.Series(values, dtype="object").astype(kind)})))
    assert (tensor.datatype, tensor.data, tensor.shape) == (datatype, data, (2, 1))
    assert set(map(type, tensor.data)) == set(map(type, data))


def test_mixed_objects_are_not_sent() -> None:
    with pytest.raises(EndpointFailed, match="column x holds int; right would be texts, numbers or booleans only"):
        columns(typed(pd.DataFrame({"x": pd.Series(["a", 1], dtype="object")})))


@pytest.mark.parametrize("case", ["good", "declared"])
def test_an_array_is_one_tensor(served: Served, case: str) -> None:
    array = np.random.default_rng(1).normal(size=(20, 2))
    endpoint = served(case, OpenInference(model="plants"), batch=6)
    np.testing.assert_allclose(endpoint.probabilities(array), softmax(array), rtol=0, atol=1e-12)
    single = array.astype(np.float32)
    np.testing.assert_allclose(endpoint.probabilities(single), softmax(single.astype(float)), rtol=0, atol=1e-12)
    whole = np.arange(8).reshape(4, 2)
    np.testing.assert_allclose(endpoint.probabilities(whole), softmax(whole), rtol=0, atol=1e-12)


def test_a_table_goes_as_one_matrix_where_the_model_takes_one(served: Served) -> None:
    frame = pd.DataFrame(np.random.default_rng(1).normal(size=(20, 2)), columns=["a", "b"])
    endpoint = served("declared", OpenInference(model="plants"))
    np.testing.assert_allclose(endpoint.probabilities(frame), softmax(frame.to_numpy()), rtol=0, atol=1e-12)
    with pytest.raises(EndpointFailed, match="matrix of numbers; right would be numbers in b"):
        endpoint.probabilities(frame.assign(b="x"))


def test_columns_go_in_the_types_that_the_server_declares(served: Served, table: pd.DataFrame) -> None:
    np.testing.assert_allclose(served("typed").probabilities(table), logistic(table), rtol=0, atol=1e-12)


def test_texts_are_asked_about(served: Served) -> None:
    texts = ["", "a", "größer ☺", 'quote " and $rows']
    given = served(protocol=OpenInference(model="texts"), batch=3).probabilities(texts)
    np.testing.assert_allclose(given, length(texts), rtol=0, atol=1e-12)


@pytest.mark.parametrize("case", ["positive", "column", "both"])
def test_other_forms_of_probabilities_are_understood_and_said(served: Served, table: pd.DataFrame, case: str) -> None:
    endpoint = served(case)
    np.testing.assert_allclose(endpoint.probabilities(table), logistic(table), rtol=0, atol=1e-12)
    understood = endpoint.identity()["understood"]
    assert understood.startswith("probabilities of 2 classes" if case == "both" else "P(yes)")
    assert "output probabilities" in understood


@pytest.mark.parametrize("case", ["labels", "names", "truths"])
def test_labels_become_certainties_and_that_is_said(served: Served, table: pd.DataFrame, case: str) -> None:
    endpoint = served(case)
    assert (endpoint.probabilities(table) == np.eye(2)[logistic(table).argmax(axis=1)]).all()
    assert "labels" in endpoint.identity()["understood"]
    assert "certainty" in endpoint.identity()["remarks"]


def test_labels_of_unknown_classes_are_refused(served: Served, table: pd.DataFrame) -> None:
    with pytest.raises(EndpointFailed, match=r"holds labels; right would be .*classes=\('no', 'yes'\)"):
        served("labels", OpenInference(model="credit")).probabilities(table)
    with pytest.raises(EndpointFailed, match="right would be one of 1, 2"):
        served("labels", OpenInference(model="credit", classes=("1", "2"))).probabilities(table)


def test_probabilities_of_zero_and_one_are_remarked(served: Served, table: pd.DataFrame) -> None:
    endpoint = served("hard")
    endpoint.probabilities(table)
    assert "may be labels" in endpoint.remarks[0]


@pytest.mark.parametrize("case", ["amounts", "positive", "column", "labels"])
def test_predicted_numbers_are_read_as_they_come(served: Served, table: pd.DataFrame, case: str) -> None:
    endpoint, here = served(case, batch=7), logistic(table)
    expected = {"amounts": 1000 * here[:, 1] - 200, "labels": here.argmax(axis=1)}.get(case, here[:, 1])
    assert np.allclose(endpoint.predict_numbers(table), expected, atol=1e-12)
    assert endpoint.identity()["understood"].startswith("numbers from output")


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        ("good", "holds 2 numbers a row; right would be one"),
        ("names", "holds labels; right would be a predicted number for each row"),
        ("short", "rows; right would be 30, one for each sent"),
    ],
)
def test_what_is_no_predicted_number_is_refused(served: Served, table: pd.DataFrame, case: str, sentence: str) -> None:
    with pytest.raises(EndpointFailed, match=sentence):
        served(case).predict_numbers(table)


def test_rows_rounded_by_the_server_are_renormalised_and_counted(served: Served) -> None:
    array = np.random.default_rng(1).normal(size=(50, 2))
    endpoint = served("rounded", OpenInference(model="plants"), batch=20)
    given = endpoint.probabilities(array)
    np.testing.assert_allclose(given, softmax(array), rtol=0, atol=2e-4)
    np.testing.assert_allclose(given.sum(axis=1), 1, rtol=0, atol=1e-15)
    off = np.abs(softmax(array).round(4).sum(axis=1) - 1)
    assert endpoint.remarks == (
        f"{(off > 1e-12).sum()} rows missed a sum of 1 by up to 1.0e-04 and were renormalised.",
    )


def test_no_rows_are_no_rows(served: Served, table: pd.DataFrame) -> None:
    assert served().probabilities(table[:0]).shape == (0, 2)


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        ("html", "an HTML page titled Please log in came; right would be JSON"),
        ("plain", "content type is text/plain; right would be application/json"),
        ("cut", "no JSON that can be read"),
        ("nested", "no JSON that can be read"),
        ("list", "the answer is a list of 1; right would be an object with a list of outputs"),
        ("nan", "holds NaN, which is no JSON"),
        ("infinite", "holds 1e999, which is infinite"),
        ("astronomic", "a number beyond all measure"),
        ("short", "has 29 rows; right would be 30"),
        ("outside", r"holds .* to .*; right would be probabilities in \[0, 1\], not logits"),
        ("off", "row 30 of output probabilities .* sums to 1.1; right would be probabilities that sum to 1"),
        ("ragged", "has ragged rows of 1 to 2 values; right would be one length"),
        ("misshapen", r"says the shape \(30, 7\) and holds \(60,\)"),
        ("null", "holds float, null; right would be numbers only"),
        ("written", "holds labels of shape"),
        ("deep", r"has the shape \(30, 2, 1\); right would be"),
        ("dataless", "is null; right would be a list"),
        ("unnamed", "has the outputs none; right would be one output"),
        ("several", "has the outputs a, b; right would be one output of probabilities, or a protocol that names it"),
        ("compressed", "compressed"),
        ("invalid", r"refused with 422 Unprocessable \w+ \(Field required\)"),
        ("loading", "not ready"),
        ("columns", "the table lacks height"),
        ("mistyped", "job is BYTES here; right would be FP64"),
        ("fractions", "income is FP64 here; right would be INT32"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(
    served: Served, table: pd.DataFrame, case: str, sentence: str
) -> None:
    endpoint = served(case)
    with pytest.raises(EndpointFailed, match=sentence) as why:
        endpoint.probabilities(table)
    message = str(why.value)
    assert message.startswith(str(endpoint.url))
    assert message.endswith(".")
    assert "\n" not in message
    assert "Ada" not in message
    assert endpoint.usage.retries == 0


def test_of_several_outputs_the_named_one_is_read(served: Served, table: pd.DataFrame) -> None:
    endpoint = served("several", OpenInference(model="credit", output="b"))
    np.testing.assert_allclose(endpoint.probabilities(table), logistic(table), rtol=0, atol=1e-12)
    with pytest.raises(EndpointFailed, match="has the outputs a, b; right would be output c"):
        served("several", OpenInference(model="credit", output="c")).probabilities(table)


def test_another_number_of_classes_than_named_is_refused(served: Served, table: pd.DataFrame) -> None:
    with pytest.raises(EndpointFailed, match="is about 2 classes; right would be 3: a, b, c"):
        served(protocol=OpenInference(model="credit", classes=("a", "b", "c"))).probabilities(table)


@pytest.mark.parametrize("case", ["flaky", "limited"])
def test_a_busy_server_is_asked_again_and_that_is_counted(
    served: Served, server: str, table: pd.DataFrame, case: str
) -> None:
    endpoint = served(case, batch=10)
    np.testing.assert_allclose(endpoint.probabilities(table), logistic(table), rtol=0, atol=1e-12)
    usage = endpoint.usage
    assert (usage.retries, usage.answered, usage.requests, usage.rows) == (2, 3, 7, 30)
    assert len(asked(server, endpoint)) == 5


@pytest.mark.parametrize("case", ["hanging-up", "slow-once"])
def test_a_lost_connection_is_made_again(served: Served, table: pd.DataFrame, case: str) -> None:
    endpoint = served(case, timeout=0.5)
    np.testing.assert_allclose(endpoint.probabilities(table), logistic(table), rtol=0, atol=1e-12)
    assert endpoint.usage.retries == (2 if case == "hanging-up" else 1)


def test_the_server_is_waited_for_as_long_as_it_asks() -> None:
    now = datetime.now(UTC)
    assert seconds_after("7") == 7
    assert seconds_after(None) is seconds_after("soon") is None
    assert seconds_after(format_datetime(now - timedelta(seconds=60), usegmt=True)) == 0
    assert seconds_after(format_datetime(now + timedelta(seconds=60), usegmt=True)) == pytest.approx(60, abs=3)


def test_retries_end(served: Served, server: str, table: pd.DataFrame) -> None:
    endpoint = served("broken", retries=2)
    with pytest.raises(EndpointFailed, match=r"500 Internal Server Error \(I know\), also after 2 retries"):
        endpoint.probabilities(table)
    assert len(asked(server, endpoint)) == 3


def test_a_refusal_is_not_asked_again(served: Served, server: str, table: pd.DataFrame) -> None:
    endpoint = served("forbidden")
    with pytest.raises(EndpointFailed, match="403 Forbidden") as why:
        endpoint.probabilities(table)
    assert "nurse" not in str(why.value)
    assert len(asked(server, endpoint)) == 1


def test_the_words_of_a_refusal_are_not_quoted_where_texts_were_sent(served: Served) -> None:
    with pytest.raises(EndpointFailed, match="words are not quoted") as why:
        served("forbidden", OpenInference(model="texts")).probabilities(["some private words"])
    assert "nurse" not in str(why.value)


@pytest.mark.parametrize(
    ("case", "options", "sentence"),
    [
        ("slow", {"timeout": 0.2, "retries": 1}, "no answer within 0.2 s, also after 1 retries"),
        ("dripping", {"total": 0.3}, "took more than 0.3 s"),
        ("closed-for-today", {}, "429 Too Many Requests: the next attempt would be in 8.64e"),
        ("huge", {"largest": 1_000_000}, "larger than 1,000,000 bytes"),
    ],
)
def test_patience_and_room_have_limits(
    served: Served, table: pd.DataFrame, case: str, options: dict[str, float], sentence: str
) -> None:
    start = time.monotonic()
    with pytest.raises(EndpointFailed, match=sentence):
        served(case, **options).probabilities(table)
    assert time.monotonic() - start < 3


def test_no_server_and_no_model_are_said(served: Served, table: pd.DataFrame) -> None:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{door.getsockname()[1]}"
    with (
        Endpoint(closed, CREDIT, retries=1, backoff=0.01) as nowhere,
        pytest.raises(EndpointFailed, match=rf"^{closed}/v2/models/credit: no connection .*refused"),
    ):
        nowhere.probabilities(table)
    with pytest.raises(EndpointFailed, match=r"404 Not Found \(there is no model nobody\)"):
        served(protocol=OpenInference(model="nobody")).metadata()


def test_the_rate_is_kept(served: Served, table: pd.DataFrame) -> None:
    endpoint = served(batch=10, rate=20.0)
    start = time.monotonic()
    endpoint.probabilities(table)
    assert time.monotonic() - start >= 4 / 20


def test_pauses_are_drawn_from_the_seed(served: Served) -> None:
    from models.served.reply import Again

    pauses = [
        [served(seed=seed, backoff=1.0)._connection._pause(at, Again("")) for at in range(8)] for seed in (1, 1, 2)
    ]
    assert pauses[0] == pauses[1] != pauses[2]
    assert all(min(30, 2**at) / 2 <= pause <= min(30, 2**at) for at, pause in enumerate(pauses[0]))


def test_metadata_and_identity_are_what_the_server_says(served: Served, table: pd.DataFrame) -> None:
    endpoint = served()
    assert endpoint.version is None
    assert endpoint.identity()["version"] == "unknown"
    metadata = endpoint.metadata()
    assert (metadata.name, metadata.version, metadata.platform) == ("credit", "1", "hand-made")
    assert endpoint.version == "1"
    endpoint.probabilities(table)
    identity = endpoint.identity()
    assert set(map(type, identity.values())) == {str}
    assert identity == {
        "protocol": "Open Inference Protocol v2 (REST)",
        "address": str(endpoint.url),
        "model": "credit",
        "version": "1",
        "platform": "hand-made",
        "classes": "no, yes",
        "understood": "probabilities of 2 classes from output probabilities (FP64, n x 2)",
        "remarks": "none",
        "weights": "unknown",
    }


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        ("changing", "the version changed from 1 in the metadata to 2 in an answer"),
        ("quiet", "the version in the metadata changed from credit 1 to credit 2"),
        ("changing-untold", "model_version changed from 1 to 2"),
        ("header", "x-model-version changed from 1 to 2"),
        ("other", "the version changed from 1 in the metadata to 9 in an answer"),
    ],
)
def test_a_version_that_changes_fails_the_audit(served: Served, table: pd.DataFrame, case: str, sentence: str) -> None:
    with pytest.raises(VersionChanged, match=sentence):
        served(case, batch=8).probabilities(table)


def test_a_version_that_nobody_names_is_remarked(served: Served, table: pd.DataFrame) -> None:
    endpoint = served("versionless")
    endpoint.probabilities(table)
    assert endpoint.version is None
    assert "names no version" in endpoint.remarks[0]


def test_a_version_that_only_the_metadata_name_is_remarked(served: Served, table: pd.DataFrame) -> None:
    endpoint = served("quiet")
    endpoint.probabilities(table)
    assert endpoint.version == "1"
    assert endpoint.remarks == ("The answers name no version; the metadata were the same before and after.",)


def test_of_several_versions_the_answers_say_which(served: Served, table: pd.DataFrame) -> None:
    endpoint = served("several-versions")
    assert endpoint.metadata().versions == ("1", "2")
    assert endpoint.version is None
    endpoint.probabilities(table)
    assert endpoint.version == "1"


def test_a_token_over_http_to_another_machine_is_remarked() -> None:
    with Endpoint("http://models.example", CREDIT, token="MODEL_TOKEN") as endpoint:
        assert "over http" in endpoint.remarks[0]
    with Endpoint("https://models.example", CREDIT, token="MODEL_TOKEN") as endpoint:
        assert endpoint.remarks == ()


def test_a_version_is_remembered_from_one_call_to_the_next(served: Served, table: pd.DataFrame) -> None:
    endpoint = served("changing")
    endpoint.probabilities(table)
    endpoint.probabilities(table)
    with pytest.raises(VersionChanged):
        endpoint.probabilities(table)


def test_a_version_may_be_asked_for(served: Served, table: pd.DataFrame) -> None:
    protocol = OpenInference(model="a/b c", version="3")
    assert protocol.paths[2] == "v2/models/a%2Fb%20c/versions/3/infer"


def test_usage_adds_up(served: Served, table: pd.DataFrame) -> None:
    endpoint = served(batch=10, price=Price(request=0.01, thousand_rows=2.0, currency="EUR"))
    assert endpoint.usage.latency_p50_ms is None
    endpoint.probabilities(table)
    usage = endpoint.usage
    assert usage.cost == pytest.approx(3 * 0.01 + 30 * 2 / 1000)
    assert usage.currency == "EUR"
    assert usage.latency_p50_ms
    assert usage.latency_p95_ms
    assert usage.latency_p99_ms
    assert 0 < usage.latency_p50_ms <= usage.latency_p95_ms <= usage.latency_p99_ms
    assert usage.latency_p99_ms <= 1000 * usage.seconds_total
    assert usage.bytes_sent > 1000
    assert usage.bytes_received > 1000


def test_the_token_is_sent_and_nothing_tells_it(
    served: Served,
    server: str,
    table: pd.DataFrame,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    endpoint = served(token="MODEL_TOKEN")
    endpoint.probabilities(table)
    assert asked(server, endpoint) == [f"Bearer {TOKEN}"]
    told = [
        repr(endpoint),
        repr(vars(endpoint)),
        repr(endpoint.identity()),
        repr(endpoint.metadata()),
        repr(endpoint.usage),
    ]
    told += [repr(vars(endpoint._connection)), repr(vars(endpoint._bearer))]
    for case in ("broken", "forbidden", "echo", "redirect", "html", "huge", "slow"):
        failing = served(case, token="MODEL_TOKEN", retries=1, largest=10_000, timeout=0.3)
        with pytest.raises(EndpointFailed) as why:
            failing.probabilities(table)
        told += ["".join(traceback.format_exception(why.value)), repr(failing.identity())]
        assert why.value.__context__ is None
        assert asked(server, failing)[0] == f"Bearer {TOKEN}"
    assert caplog.text
    assert any("repeats the token" in one for one in told)
    for text in [*told, caplog.text, *capfd.readouterr()]:
        assert TOKEN not in text


@pytest.mark.parametrize("value", [None, "", "two words", "line\nbreak", "größer"])
def test_a_token_that_cannot_be_sent_is_not_told_either(
    served: Served, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.delenv("MODEL_TOKEN")
    if value is not None:
        monkeypatch.setenv("MODEL_TOKEN", value)
    with pytest.raises(EndpointFailed, match="MODEL_TOKEN") as why:
        served(token="MODEL_TOKEN").metadata()
    assert not value or value not in str(why.value)


def test_a_redirect_is_named_and_not_followed(served: Served, server: str, table: pd.DataFrame) -> None:
    endpoint = served("redirect", token="MODEL_TOKEN")
    with pytest.raises(EndpointFailed, match=r"redirects \(307 Temporary Redirect\) to http://localhost") as why:
        endpoint.probabilities(table)
    assert "secret" not in str(why.value)
    assert "user" not in str(why.value)
    assert len(asked(server, endpoint)) == 1


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("https://ada:s3cret@host/x", "credentials"),
        ("ftp://host/x", "right would be https"),
        ("file:///etc/passwd", "right would be https"),
        ("host/x", "right would be https"),
        ("http://", "right would be https"),
        ("http://host:s3cret", "right would be https"),
    ],
)
def test_addresses_that_are_none_are_refused(url: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) as why:
        Endpoint(url, CREDIT)
    assert "s3cret" not in str(why.value)


def test_a_query_is_sent_and_not_written_down(server: str, table: pd.DataFrame) -> None:
    with Endpoint(f"{server}/good/{uuid.uuid4().hex}?code=s3cret", CREDIT) as endpoint:
        np.testing.assert_allclose(endpoint.probabilities(table), logistic(table), rtol=0, atol=1e-12)
        assert "s3cret" not in repr(endpoint) + repr(endpoint.identity())


@pytest.mark.parametrize(
    "options", [{"batch": 0}, {"timeout": 0}, {"rate": 0}, {"retries": -1}, {"parallel": 0}, {"total": float("nan")}]
)
def test_options_that_make_no_sense_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(options))}|retries"):
        Endpoint("http://localhost", CREDIT, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("inputs", ["one text", np.float64(1.0), [1, 2]])
def test_what_is_no_rows_is_refused(served: Served, inputs: object) -> None:
    with pytest.raises(ValueError, match="is asked about"):
        served().probabilities(inputs)  # type: ignore[arg-type]


def test_infinity_and_double_names_are_not_sent(served: Served, server: str, table: pd.DataFrame) -> None:
    endpoint = served()
    with pytest.raises(EndpointFailed, match="column income holds infinity"):
        endpoint.probabilities(table.assign(income=np.inf))
    with pytest.raises(EndpointFailed, match="two columns of one name"):
        endpoint.probabilities(pd.concat([table, table], axis=1))
    assert asked(server, endpoint) == []


def test_a_closed_endpoint_says_so(served: Served, table: pd.DataFrame) -> None:
    with served() as endpoint:
        endpoint.probabilities(table)
    with pytest.raises(EndpointFailed, match="closed"):
        endpoint.probabilities(table)


@pytest.mark.parametrize(
    ("case", "protocol"),
    [
        ("good", Template('{"instances": $rows}', "predictions[*].probabilities")),
        ("good", Template('{"instances": "$rows", "note": "about $5"}', "predictions[*].probabilities")),
        ("objects", Template('{"instances": $rows}', "predictions[*]")),
        ("objects", Template('{"instances": $rows}', "predictions[*].yes")),
        ("positive", Template('{"instances": $rows}', "predictions", header="etag")),
        ("ranked", Template('{"instances": $rows}', "[*][*].score", labels="[*][*].label")),
    ],
)
def test_any_json_is_asked_by_a_template(served: Served, table: pd.DataFrame, case: str, protocol: Template) -> None:
    endpoint = served(case, protocol, batch=11)
    np.testing.assert_allclose(endpoint.probabilities(table), logistic(table), rtol=0, atol=1e-12)
    assert endpoint.classes == (CLASSES if protocol.labels or protocol.scores == "predictions[*]" else ())
    assert endpoint.version == {"positive": "7"}.get(case)


def test_classes_come_in_the_order_that_is_asked_for(served: Served, table: pd.DataFrame) -> None:
    protocol = Template('{"instances": $rows}', "predictions[*]", classes=("yes", "no"))
    np.testing.assert_allclose(
        served("objects", protocol).probabilities(table), logistic(table)[:, ::-1], rtol=0, atol=1e-12
    )


def test_an_array_fills_a_template(served: Served) -> None:
    array = np.random.default_rng(1).normal(size=(20, 2))
    protocol = Template('{"instances": $values}', "predictions[*].probabilities")
    np.testing.assert_allclose(served("values", protocol).probabilities(array), softmax(array), rtol=0, atol=1e-12)
    with pytest.raises(EndpointFailed, match=r"no \$rows; right would be a table, or \$values"):
        served("values", Template('{"instances": $rows}', "predictions")).probabilities(array)


def test_data_are_values_of_a_template_and_never_its_text() -> None:
    from models.endpoint import Metadata

    table = pd.DataFrame({'a"b': ['", "admin": true', "$values"], "c": [1, None]})
    body = Template('{"r": $rows, "c": $columns, "v": [$values]}', "x").body(table, Metadata())
    rows = [('", "admin": true', 1.0), ("$values", None)]
    assert body == {"r": [dict(zip(['a"b', "c"], row, strict=True)) for row in rows], "c": ['a"b', "c"], "v": [rows]}


@pytest.mark.parametrize(
    ("case", "path", "sentence"),
    [
        (
            "good",
            "predictions[*].scores",
            r"the answer.predictions\[0\] is an object with probabilities; right would be",
        ),
        ("good", "results", "the answer is an object with predictions; right would be the key results"),
        ("good", "predictions.probabilities", r"the answer.predictions is a list of 30; right would be the key"),
        ("good", "[*]", r"the answer is an object with predictions; right would be a list, as the path \[\*\] says"),
        ("good", "predictions[30]", "the answer.predictions is a list of 30; right would be a list with entry 30"),
        ("good", "predictions[0].probabilities", "has 2 rows; right would be 30"),
        ("unlike", "predictions[*]", "the rows name different classes"),
        ("words", "predictions", "holds labels; right would be"),
    ],
)
def test_a_path_that_leads_nowhere_names_what_is_there(
    served: Served, table: pd.DataFrame, case: str, path: str, sentence: str
) -> None:
    with pytest.raises(EndpointFailed, match=sentence):
        served(case, Template('{"instances": $rows}', path)).probabilities(table)


def test_labels_that_do_not_name_each_class_once_are_refused(served: Served, table: pd.DataFrame) -> None:
    protocol = Template('{"instances": $rows}', "[*][*].score", labels="[*][*].label")
    with pytest.raises(EndpointFailed, match="right would be each class once a row"):
        served("ranked-badly", protocol).probabilities(table)


@pytest.mark.parametrize(
    ("request_text", "path", "sentence"),
    [
        ('{"instances": $rows', "x", "no JSON"),
        ('{"instances": []}', "x", re.escape("holds none of $rows, $columns, $values")),
        ('{"instances": $rows}', "a..b[", "is no path"),
        ('{"instances": $rows}', "", "is no path"),
    ],
)
def test_templates_that_are_none_are_refused(request_text: str, path: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Template(request_text, path)


@pytest.mark.parametrize("parallel", [1, 2])
def test_a_keyboard_interrupt_ends_it(server: str, parallel: int) -> None:
    script = textwrap.dedent(
        f"""
        import numpy as np
        from models.endpoint import Endpoint, OpenInference
        url = "{server}/slow-later/{uuid.uuid4().hex}"
        with Endpoint(url, OpenInference("m"), batch=1, rate=4.0, parallel={parallel}) as endpoint:
            print("asking", flush=True)
            endpoint.probabilities(np.ones((1000, 2)))
        """
    )
    environment = {**os.environ, "NO_PROXY": "*"}
    command = [sys.executable, "-c", script]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "asking\n"
        time.sleep(1.2)
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert time.monotonic() - start < 3
    assert "KeyboardInterrupt" in errors
    assert process.returncode != 0
