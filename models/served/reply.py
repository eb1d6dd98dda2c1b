"""What came back over HTTP: a good reply, a reason to try again, or a refusal."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NoReturn

import httpx

from models.served.address import shown
from models.served.answer import EndpointFailed, cut

TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Reply:
    """A good answer: its bytes and headers."""

    content: bytes
    headers: httpx.Headers


@dataclass(frozen=True)
class Again:
    """Why a request is worth another attempt, and how long the server asks to wait."""

    why: str
    after: float | None = None


def judged(response: httpx.Response, answer: bytes, quoting: bool, *, repeated: bool = False) -> Reply | Again:
    """A good reply, or why to ask again; raises ``EndpointFailed`` for a redirect, a refusal and a ``repeated`` token."""
    status = f"{response.status_code} {httpx.codes.get_reason_phrase(response.status_code)}".strip()
    if repeated:
        answer = b""
    if response.is_success and repeated:
        raise EndpointFailed(
            "the answer repeats the token and was thrown away; right would be a server that never does"
        )
    if response.is_success:
        return Reply(answer, response.headers)
    if response.is_redirect or 300 <= response.status_code < 400:
        raise EndpointFailed(
            f"the server redirects ({status}) to {_target(response)}, which is not followed; give that URL"
        )
    if response.status_code == 429 or response.status_code >= 500:
        return Again(
            f"the server answered {status}{_words(answer, quoting)}", seconds_after(response.headers.get("retry-after"))
        )
    raise EndpointFailed(f"the server refused with {status}{_words(answer, quoting)}; right would be 200")


def _target(response: httpx.Response) -> str:
    try:
        return shown(response.url.join(response.headers.get("location", "")))
    except httpx.InvalidURL:
        return "no address that can be read"


def _words(answer: bytes, quoting: bool) -> str:
    """What the server says about a refusal: its message, never what was sent."""
    if not quoting:
        return " (its words are not quoted: they may repeat what was sent)"
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError):
        title = TITLE.search(answer[:65536].decode(errors="replace"))
        return f" ({cut(title[1])})" if title else ""
    for name in ("error", "detail", "message"):
        value = found.get(name) if isinstance(found, dict) else None
        value = value[0] if isinstance(value, list) and value else value
        value = value.get("message", value.get("msg")) if isinstance(value, dict) else value
        if isinstance(value, str):
            return f" ({cut(value, 160)})"
    return ""


def seconds_after(header: str | None) -> float | None:
    """Seconds that a Retry-After header asks for: a number, or a date (RFC 9110, 10.2.3)."""
    if header is None:
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        date = parsedate_to_datetime(header)
    except ValueError:
        return None
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, (date - datetime.now(UTC)).total_seconds())


def read_json(reply: Reply) -> object:
    """The JSON value of an answer; raises ``EndpointFailed`` for HTML, other types, NaN and what is no JSON."""
    said = reply.headers.get("content-type", "none").partition(";")[0].strip().lower()
    if said == "text/html":
        title = TITLE.search(reply.content[:65536].decode(errors="replace"))
        name = f" titled {cut(title[1])}" if title else ""
        raise EndpointFailed(f"an HTML page{name} came; right would be JSON: is this the address of the model?")
    if said != "application/json" and not said.endswith("+json"):
        raise EndpointFailed(f"the answer's content type is {cut(said)}; right would be application/json")
    try:
        found, why = json.loads(reply.content, parse_constant=_no_constant, parse_float=_finite), None
    except EndpointFailed:
        raise
    except (ValueError, RecursionError) as error:
        found, why = None, cut(error, 80)
    if why:
        raise EndpointFailed(f"the answer is no JSON that can be read ({why}); right would be JSON")
    return found


def _no_constant(name: str) -> NoReturn:
    raise EndpointFailed(f"the answer holds {name}, which is no JSON; right would be finite numbers")


def _finite(text: str) -> float:
    if math.isinf(value := float(text)):
        raise EndpointFailed(f"the answer holds {cut(text)}, which is infinite here; right would be finite numbers")
    return value
