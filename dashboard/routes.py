"""What programs ask over HTTP: reports, gates, the ledger, metrics; each named in one table with the deed it takes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import NamedTuple
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from dashboard import access
from dashboard.access import Deed, Refused
from storage import queries
from storage.archive import Archive
from storage.errors import StoreError
from storage.ledger import Actor, me
from storage.location import home, open_default, store_url

Answer = Callable[[Archive, Mapping[str, str], Actor], Response]
PIECE = 1000
"""Lines that are sent at once."""
EVERY = 1_000_000
"""More models than a store has."""
MEDIA = {"pdf": "application/pdf", "html": "text/html", "json": "application/json", "md": "text/markdown"}


class Served(NamedTuple):
    """A route: what may be done by whom, and what it answers."""

    path: str
    deed: Deed
    answer: Answer


def report(archive: Archive, asked: Mapping[str, str], who: Actor) -> Response:
    """The report of a version under the newest judgement of it, in any format that ``answerable report`` writes."""
    from dashboard import verbs
    from dashboard.work import Place

    name, data = verbs.kept_document(Place(archive, home()), asked["title"], asked["format"], who)
    kind = MEDIA.get(asked["format"], "text/plain; charset=utf-8")
    return Response(
        data, media_type=kind, headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    )


def gate(archive: Archive, asked: Mapping[str, str], who: Actor) -> Response:
    """Whether the newest judgement of a version lets it pass."""
    about = archive.newest_report(asked["title"])
    newest = queries.newest_judgement(archive.database, about.id)
    if newest is None:
        raise LookupError(f"{about.title} was not judged. Type: answerable judge {about.title}")
    judged = archive.judgement(newest)
    held = "passes" if judged.passed else "does not pass"
    return JSONResponse({
        "version": about.title, "report": about.id, "judgement": newest, "policy": judged.policy_title,
        "passed": judged.passed, "sentence": f"{about.title} {held} the gate under {judged.policy_title}.",
    })  # fmt: skip


def ledger(archive: Archive, asked: Mapping[str, str], who: Actor) -> Response:
    """The ledger and all that it speaks of, as ``answerable ledger export`` writes it."""
    from storage.export import lines

    def pieces() -> Iterator[str]:
        left = lines(archive.database)
        while piece := list(islice(left, PIECE)):
            yield "".join(f"{line}\n" for line in piece)

    return StreamingResponse(pieces(), media_type="application/jsonl")


def metrics(archive: Archive, asked: Mapping[str, str], who: Actor) -> Response:
    """How much is kept, and whether the newest version of each model passes its gate, for Prometheus."""
    from dashboard.formats.prometheus import family

    kept = queries.totals(archive.database)
    counted = [({"what": what}, float(number)) for what, number in kept._asdict().items()]
    counted.append(({"what": "ledger_entries"}, float(queries.last_entry(archive.database))))
    judged = [one for one in queries.newest_versions(archive.database, limit=EVERY) if one.passed is not None]
    gates = [({"model": one.name, "version": str(one.version)}, float(bool(one.passed))) for one in judged]
    text = (
        *family("answerable_kept", "How many there are.", counted),
        *family("answerable_gate_open", "1 where every blocking limit holds.", gates),
    )
    return Response("".join(text), media_type="text/plain; version=0.0.4; charset=utf-8")


ROUTES = (
    Served("/api/versions/{title}/report.{format}", "see", report),
    Served("/api/versions/{title}/gate", "see", gate),
    Served("/api/ledger", "export", ledger),
    Served("/api/metrics", "see", metrics),
)


def routes(login: Callable[[], bool]) -> list[Route]:
    """The routes as Starlette serves them; ``login`` says whether somebody must be known."""
    return [Route(one.path, _endpoint(one, login), methods=["GET"]) for one in ROUTES]


def _endpoint(served: Served, login: Callable[[], bool]) -> Callable[[Request], Response]:
    def endpoint(request: Request) -> Response:
        try:
            archive = _opened(str(home()), store_url(home()))
            who = _caller(archive, request, login())
            if who is None:
                return _denied(
                    401, f"{request.url.path} is for people who are known: send a token, Authorization: Bearer ..."
                )
            if why := access.denied(archive, served.deed, who):
                return _denied(403, why)
            return served.answer(archive, request.path_params, who)
        except Refused as why:
            return _denied(401, str(why))
        except (LookupError, ValueError) as why:
            return _denied(404, str(why))
        except StoreError as why:
            logging.getLogger(__name__).error("%s: %s", request.url.path, why)
            return _denied(503, "The store cannot be read now; the log of this server says why.")

    return endpoint


@cache
def _opened(folder: str, url: str) -> Archive:
    return open_default()


def _caller(archive: Archive, request: Request, login: bool) -> Actor | None:
    """Who asks: the person of a token; without one the user who runs a store that nobody shares, on this machine or by
    number: a page of others, whose name was pointed here, gets nothing."""
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and secret.strip():
        return access.bearer(archive, secret)
    if login or access.everybody(archive) or not numbered(request.url.hostname or ""):
        return None
    return me()


def numbered(host: str) -> bool:
    """Whether a server is called by no name that somebody else could have pointed to it."""
    return host == "localhost" or host.replace(".", "").isdecimal() or ":" in host


def _denied(status: int, why: str) -> Response:
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse({"error": why}, status, headers)
