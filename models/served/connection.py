"""One way to a server: time-outs, retries, a rate, a limit to every answer, and a token that nobody sees."""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass
from urllib.parse import quote

import httpx

from models.served.answer import EndpointFailed, cut
from models.served.reply import Again, Reply, judged
from models.served.usage import Meter

LONGEST_PAUSE = 30.0


@dataclass(frozen=True)
class Manners:
    """How a server is treated; raises ``ValueError`` for what makes no sense."""

    timeout: float = 10.0
    """Seconds to wait for a connection and for each piece of an answer."""
    total: float = 120.0
    """Seconds for one request with all its retries."""
    rate: float | None = None
    """Requests a second."""
    retries: int = 4
    backoff: float = 0.25
    """Seconds before the first retry; twice as long before each further one, and less by chance."""
    largest: int = 64 * 2**20
    """Bytes of an answer."""
    parallel: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("timeout", "total", "largest", "parallel"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}; right would be more than 0.")
        if self.rate is not None and not self.rate > 0:
            raise ValueError(f"rate is {self.rate}; right would be more than 0 requests a second, or None.")
        if self.retries < 0 or self.backoff < 0:
            raise ValueError(f"retries are {self.retries} and backoff {self.backoff}; neither may be below 0.")


class Bearer(httpx.Auth):
    """Puts the token into each request, from the environment variable; keeps its name only."""

    def __init__(self, variable: str | None) -> None:
        self.variable = variable

    def __repr__(self) -> str:
        return f"Bearer({self.variable!r})"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if self.variable:
            request.headers["Authorization"] = f"Bearer {self.token()}"
        yield request

    def token(self) -> str:
        """Raises ``EndpointFailed``, without the value, where there is none or it cannot stand in a header."""
        found = os.environ.get(self.variable or "", "").strip()
        if not found:
            raise EndpointFailed(
                f"the environment variable {self.variable} holds no token; type export {self.variable}=..."
            )
        if not found.isascii() or not found.isprintable() or " " in found:
            raise EndpointFailed(f"the token in {self.variable} has spaces or signs that cannot stand in a header")
        return found

    def is_in(self, response: httpx.Response, answer: bytes) -> bool:
        """Whether a server repeats the token; one of less than 8 signs is not looked for, because anything may hold it."""
        found = os.environ.get(self.variable or "", "").strip()
        ways = [one.encode() for one in (found, found.replace("/", "\\/")) if len(found) >= 8]
        return any(one in text for one in ways for text in (answer, *(value for _, value in response.headers.raw)))

    def hidden(self, text: str) -> str:
        """The text without the token, wherever a server repeats it."""
        found = os.environ.get(self.variable or "", "").strip()
        return text.replace(found, "[token]").replace(quote(found, safe=""), "[token]") if found else text


class Connection:
    """Asks one server and gives back good answers only."""

    def __init__(self, manners: Manners, bearer: Bearer, meter: Meter) -> None:
        self.manners, self.bearer, self.meter = manners, bearer, meter
        self.stopped = threading.Event()
        self._lock = threading.Lock()
        self._chance = random.Random(manners.seed)
        self._next = 0.0
        self._client = httpx.Client(
            timeout=manners.timeout,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=manners.parallel, max_keepalive_connections=manners.parallel),
            headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "answerable"},
        )

    def close(self) -> None:
        self.stopped.set()
        self._client.close()

    def ask(self, method: str, url: httpx.URL, body: object = None, *, rows: int = 0, quoting: bool = True) -> Reply:
        """The answer to one request; ``quoting`` tells whether a refusal's own words may stand in the error.

        Raises ``EndpointFailed`` for a refusal, a redirect, an answer that is too large, and when retries or time are
        used up.
        """
        content = json.dumps(body, allow_nan=False).encode() if body is not None else None
        deadline = time.monotonic() + self.manners.total
        why = ""
        for attempt in range(self.manners.retries + 1):
            self._wait(self._turn(), deadline, "the rate that was asked for")
            found = self._attempt(method, url, content, deadline, rows, quoting)
            if isinstance(found, Reply):
                return found
            why = found.why
            if attempt < self.manners.retries:
                self._wait(self._pause(attempt, found), deadline, why)
                self.meter.retried()
        raise EndpointFailed(
            f"{why}, also after {self.manners.retries} retries; right would be a server that answers in time"
        )

    def _attempt(
        self, method: str, url: httpx.URL, content: bytes | None, deadline: float, rows: int, quoting: bool
    ) -> Reply | Again:
        headers = {"Content-Type": "application/json"} if content is not None else {}
        started, received, why = time.perf_counter(), 0, None
        try:
            with self._client.stream(method, url, content=content, headers=headers, auth=self.bearer) as response:
                answer = self._read(response, deadline)
                received = len(answer)
                found = judged(response, answer, quoting, repeated=self.bearer.is_in(response, answer))
                rows = rows if isinstance(found, Reply) else 0
                return found
        except httpx.TransportError as error:
            why, rows = _in_words(error, self.manners.timeout), 0
        except BaseException:
            rows = 0
            raise
        finally:
            self.meter.asked(time.perf_counter() - started, rows, len(content or b""), received)
        return Again(why)

    def _read(self, response: httpx.Response, deadline: float) -> bytes:
        """The whole answer, as long as it is neither too large nor too slow."""
        coding = response.headers.get("content-encoding", "identity")
        if coding != "identity":
            raise EndpointFailed(
                f"the answer is compressed ({cut(coding)}); right would be plain JSON, as was asked for"
            )
        parts, size = [], 0
        for part in response.iter_raw():
            size += len(part)
            if size > self.manners.largest:
                raise EndpointFailed(
                    f"the answer is larger than {self.manners.largest:,} bytes; right would be scores only, or a smaller batch"
                )
            if time.monotonic() > deadline:
                raise EndpointFailed(
                    f"the answer took more than {self.manners.total:g} s; right would be a smaller batch"
                )
            parts.append(part)
        return b"".join(parts)

    def _turn(self) -> float:
        """Seconds until this request may be sent."""
        if self.manners.rate is None:
            return 0.0
        with self._lock:
            now = time.monotonic()
            mine = max(now, self._next)
            self._next = mine + 1 / self.manners.rate
        return mine - now

    def _pause(self, attempt: int, found: Again) -> float:
        if found.after is not None:
            return found.after
        with self._lock:
            return min(LONGEST_PAUSE, self.manners.backoff * 2**attempt) * self._chance.uniform(0.5, 1.0)

    def _wait(self, seconds: float, deadline: float, why: str) -> None:
        if time.monotonic() + seconds > deadline:
            raise EndpointFailed(
                f"{why}: the next attempt would be in {seconds:.3g} s, beyond the {self.manners.total:g} s for one request"
            )
        if self.stopped.wait(seconds) if seconds > 0 else self.stopped.is_set():
            raise EndpointFailed("the connection was closed")


def _in_words(error: httpx.TransportError, timeout: float) -> str:
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return f"no connection within {timeout:g} s"
    if isinstance(error, httpx.TimeoutException):
        return f"no answer within {timeout:g} s"
    if isinstance(error, httpx.ConnectError):
        return f"no connection ({cut(error, 120)})"
    return f"the connection broke ({cut(error, 120) or type(error).__name__})"
