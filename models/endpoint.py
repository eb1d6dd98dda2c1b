"""A model behind HTTP, asked like any other: its answers checked, its version held fast, its token never told."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import TracebackType
from typing import ClassVar, NoReturn, Self

import httpx
import numpy as np
import pandas as pd

from models.served.address import address, below, in_the_open, shown
from models.served.answer import Answer, EndpointFailed, Scores, VersionChanged, cut, listed, numbers, scores
from models.served.connection import Bearer, Connection, Manners
from models.served.protocol import Metadata, OpenInference, Wire
from models.served.reply import Reply, read_json
from models.served.template import Template
from models.served.tensor import Inputs, typed
from models.served.usage import Meter, Price, Usage

__all__ = ["Endpoint", "EndpointFailed", "Metadata", "OpenInference", "Price", "Template", "Usage", "VersionChanged"]


class Endpoint:
    """A served model. Use it as a context manager, or close it.

    ``token`` is the name of an environment variable, which is read at each request and sent as a bearer token to this
    address only. ``rate`` is in requests a second; ``retries`` follow lost connections, 429 and 5xx, never another 4xx.
    Raises ``ValueError`` for an address that is not plain http or https and for options that make no sense.
    """

    says: ClassVar[None] = None
    """No protocol says whether the model decides between classes or predicts numbers."""

    def __init__(
        self,
        url: str,
        protocol: Wire,
        *,
        token: str | None = None,
        batch: int = 64,
        timeout: float = 10.0,
        rate: float | None = None,
        retries: int = 4,
        parallel: int = 1,
        total: float = 120.0,
        largest: int = 64 * 2**20,
        backoff: float = 0.25,
        seed: int = 0,
        price: Price | None = None,
    ) -> None:
        if batch < 1:
            raise ValueError(f"batch is {batch}; right would be at least 1 row a request.")
        self.url, self.protocol, self.batch = address(url), protocol, batch
        manners = Manners(timeout, total, rate, retries, backoff, largest, parallel, seed)
        self._meter = Meter(price)
        self._bearer = Bearer(token)
        self._connection = Connection(manners, self._bearer, self._meter)
        self._lock = threading.Lock()
        self._metadata: Metadata | None = None
        self._facts: dict[str, str | None] = {}
        self._seen: Scores | None = None
        self._understood: str | None = None
        self._adjusted, self._worst, self._hard = 0, 0.0, True

    def __repr__(self) -> str:
        return f"Endpoint({shown(self.url)!r}, {self.protocol.title!r}, model={self.protocol.model!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, why: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; a closed endpoint answers no more."""
        self._connection.close()

    @property
    def usage(self) -> Usage:
        """What was asked so far, and what it took."""
        return self._meter.usage()

    @property
    def version(self) -> str | None:
        """The version as the server named it: in its answers, a header, or its metadata; ``None`` before it did."""
        return self._said or (self._metadata.version if self._metadata else None)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the columns of ``probabilities``, where the protocol or an answer said them; else empty."""
        return self._seen.classes if self._seen else self.protocol.classes

    def metadata(self) -> Metadata:
        """What the server says about the model; it is asked once, and whether the model is ready.

        Raises ``EndpointFailed``.
        """
        with self._lock:
            if self._metadata is None:
                found = self._ask_metadata()
                self._ask_ready()
                self._metadata = found
            return self._metadata

    def probabilities(self, inputs: Inputs) -> np.ndarray:
        """(n, classes) float64 probabilities; every row sums to 1. Rows that missed 1 by less than 1e-3 are renormalised.

        Raises ``EndpointFailed`` in one sentence for whatever keeps an answer from being used, and ``VersionChanged``
        when the model became another one since the first answer.
        """
        parts = self._asked(inputs, self._probabilities)
        return np.concatenate(parts) if parts else np.empty((0, len(self.classes)))

    def predict_numbers(self, inputs: Inputs) -> np.ndarray:
        """(n,) float64, of a model that predicts a number for each row. Raises as ``probabilities`` does."""
        parts = self._asked(inputs, self._numbers)
        return np.concatenate(parts) if parts else np.empty(0)

    def _asked(self, inputs: Inputs, read: Callable[[Answer, int], np.ndarray]) -> list[np.ndarray]:
        """What is read of the answer about each batch of rows."""
        _check(inputs)
        if isinstance(inputs, pd.DataFrame):
            with self._told(self.url):
                inputs = typed(inputs)
        self.metadata()
        starts = range(0, len(inputs), self.batch)
        if not starts:
            return []
        parts = [self._ask_rows(inputs, starts[0], read), *self._ask_all(inputs, starts[1:], read)]
        if self._said is None:
            self._metadata_again()
        return parts

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader of the report must know about the answers so far."""
        said = []
        if self._adjusted:
            said.append(f"{self._adjusted} rows missed a sum of 1 by up to {self._worst:.1e} and were renormalised.")
        if self._seen and self._hard:
            said.append("Every score is 0 or 1: they may be labels, and say nothing about certainty.")
        if self._understood and self.version is None:
            said.append("The server names no version: whether it was the same model all along is not known.")
        elif self._understood and self._said is None:
            said.append("The answers name no version; the metadata were the same before and after.")
        if self._bearer.variable and in_the_open(self.url):
            said.append("The token was sent over http, which anyone on the way can read.")
        return tuple(said)

    def identity(self) -> dict[str, str]:
        """Who was asked, for a model card: facts in words, as far as they are known by now."""
        metadata = self._metadata or Metadata()
        facts = {
            "protocol": self.protocol.title,
            "address": shown(self.url),
            "model": self.protocol.model or metadata.name or "unknown",
            "version": self.version or "unknown",
            "platform": metadata.platform or "unknown",
            "classes": ", ".join(self.classes) or "unknown",
            "understood": self._understood or "nothing was asked yet",
            "remarks": " ".join(self.remarks) or "none",
            "weights": "unknown",
        }
        return {name: cut(self._bearer.hidden(fact), 500) for name, fact in facts.items()}

    @property
    def _said(self) -> str | None:
        """The version that the answers name."""
        return self._facts.get("model_version") or self._facts.get(self.protocol.header)

    def _ask_metadata(self) -> Metadata:
        path = self.protocol.paths[0]
        if path is None:
            return self.protocol.metadata(None)
        url = below(self.url, path)
        with self._told(url):
            return self.protocol.metadata(read_json(self._connection.ask("GET", url)))

    def _ask_ready(self) -> None:
        path = self.protocol.paths[1]
        if path is None:
            return
        url = below(self.url, path)
        with self._told(url):
            content = self._connection.ask("GET", url).content
            if re.search(rb'"ready"\s*:\s*false', content):
                raise EndpointFailed("the model is not ready; right would be to ask when it is loaded")

    def _metadata_again(self) -> None:
        """Where answers name no version, whether the metadata are still what they were."""
        before, after = self.metadata(), self._ask_metadata()
        if before != after:
            url = below(self.url, self.protocol.paths[0] or "")
            with self._told(url):
                _changed("the version in the metadata", _versions(before), _versions(after))

    def _ask_all(
        self, inputs: Inputs, starts: Iterable[int], read: Callable[[Answer, int], np.ndarray]
    ) -> list[np.ndarray]:
        parallel = self._connection.manners.parallel
        if parallel == 1:
            return [self._ask_rows(inputs, start, read) for start in starts]
        with ThreadPoolExecutor(parallel) as pool:
            try:
                return list(pool.map(lambda start: self._ask_rows(inputs, start, read), starts))
            except KeyboardInterrupt:
                self._connection.stopped.set()
                raise
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _ask_rows(self, inputs: Inputs, start: int, read: Callable[[Answer, int], np.ndarray]) -> np.ndarray:
        stop = start + self.batch
        part: Inputs = inputs.iloc[start:stop] if isinstance(inputs, pd.DataFrame) else inputs[start:stop]
        url = below(self.url, self.protocol.paths[2])
        tabular = isinstance(inputs, pd.DataFrame | np.ndarray)
        with self._told(url, part):
            body = self.protocol.body(part, self.metadata())
            reply = self._connection.ask("POST", url, body, rows=len(part), quoting=tabular)
            found = self.protocol.read(read_json(reply))
            self._same_model(found, reply)
            return read(found, len(part))

    def _same_model(self, found: Answer, reply: Reply) -> None:
        header = reply.headers.get(self.protocol.header) or None
        facts = {"model_version": found.version, self.protocol.header: header, "model_name": found.name}
        with self._lock:
            known = self._metadata.versions if self._metadata else ()
            if known and found.version is not None and found.version not in known:
                _changed("the version", f"{listed(known)} in the metadata", f"{cut(found.version)} in an answer")
            if not self._facts:
                self._facts = facts
            for name, before in self._facts.items():
                if facts[name] != before:
                    _changed(name, cut(before or "none"), cut(facts[name] or "none"))

    def _numbers(self, answer: Answer, rows: int) -> np.ndarray:
        """(rows,) the predicted numbers in an answer."""
        found = numbers(answer, rows)
        with self._lock:
            self._understood = self._understood or f"numbers from {answer.source}"
        return found

    def _probabilities(self, answer: Answer, rows: int) -> np.ndarray:
        """(rows, classes) the probabilities in an answer, where it is about as many classes as the first."""
        found = scores(answer, rows, self.classes)
        with self._lock:
            if self._seen is None:
                self._seen, self._understood = found, found.understood
            first, width = self._seen.probabilities.shape[1], found.probabilities.shape[1]
            if first != width:
                raise EndpointFailed(
                    f"this answer is about {width} classes, the first about {first}; right would be as many"
                )
            self._adjusted += found.adjusted
            self._worst = max(self._worst, found.worst if found.adjusted else 0.0)
            self._hard = self._hard and bool(np.isin(found.probabilities, (0.0, 1.0)).all())
        return found.probabilities

    @contextmanager
    def _told(self, url: httpx.URL, part: Inputs | None = None) -> Generator[None]:
        """Puts the address before what failed, and takes the token and the rows' own texts out of it."""
        try:
            yield
        except EndpointFailed as why:
            why.args = (f"{shown(url)}: {self._bearer.hidden(_without_texts(str(why), part))}.",)
            raise


def _check(inputs: Inputs) -> None:
    texts = isinstance(inputs, Sequence) and not isinstance(inputs, str) and all(isinstance(one, str) for one in inputs)
    rows = isinstance(inputs, pd.DataFrame) or (isinstance(inputs, np.ndarray) and inputs.ndim > 0)
    if not rows and not texts:
        raise ValueError(
            f"A served model is asked about a table, an array or a list of texts; a {type(inputs).__name__} was given."
        )


def _changed(what: str, before: str, after: str) -> NoReturn:
    raise VersionChanged(
        f"{what} changed from {before} to {after} while the model was asked; right would be one version to the end: "
        "ask again when it stays"
    )


def _versions(metadata: Metadata) -> str:
    return f"{metadata.name} {listed(metadata.versions) or 'without version'}"


def _without_texts(message: str, part: Inputs | None) -> str:
    """A message without the texts in the rows that were sent, which a server may repeat."""
    if not isinstance(part, pd.DataFrame):
        return message
    texts = {one for name in range(part.shape[1]) for one in part.iloc[:, name].unique() if isinstance(one, str)}
    for text in sorted(texts, key=len, reverse=True):
        if len(text) > 2:
            message = re.sub(rf"(?<!\w){re.escape(text)}(?!\w)", "[a value that was sent]", message)
    return message
