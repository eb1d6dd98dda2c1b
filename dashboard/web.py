"""The screens and routes as one application behind a guard: a path that nobody listed is denied."""

from __future__ import annotations

import json
import os
import re
import sys
from typing import Literal
from urllib.parse import quote, unquote

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.auth_util import get_origin_from_redirect_uri
from streamlit.web.server.starlette.starlette_auth_routes import _get_cookie_value_from_request
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from dashboard import login
from dashboard.routes import ROUTES, numbered, routes
from dashboard.screens import HOME, NAMES
from dashboard.server import APP, OWN, REQUIRED, SECRETS
from storage.location import home

Need = Literal["nothing", "login", "token"]
PAGES = "|".join(re.escape(one) for one in NAMES if one != HOME)
GUARDED: tuple[tuple[str, Need], ...] = (
    (rf"/(?:{PAGES})?", "nothing"),  # the empty frame of the screens; app.py fills it for whoever is let in
    (r"/(?:static/.+|favicon\.png|manifest\.json|index\.html)", "nothing"),
    (r"/_stcore/(?:health|host-config|stream)", "nothing"),
    (r"/(?:auth/login|auth/logout|oauth2callback)", "nothing"),
    (r"/media/.+", "login"),
    (r"/_stcore/upload_file/.+", "login"),
    *((re.sub(r"\\{\w+\\}", "[^/]+", re.escape(one.path)), "token") for one in ROUTES),
)
"""Every path that is answered, and what it takes; a route asks for its token itself."""
BACK = "answerable_back"
"""The cookie that remembers which address somebody wanted before logging in."""
SAFE = ((b"content-security-policy", b"frame-ancestors 'self'"), (b"x-content-type-options", b"nosniff"))
"""Said with every answer: no page of others frames a screen, so that nobody is led to press what is not seen."""
FIXED: dict[str, object] = {
    "server.enableXsrfProtection": True, "server.enableCORS": True, "server.corsAllowedOrigins": [],
    "server.trustedUserHeaders": {}, "global.developmentMode": False, "client.showErrorDetails": "none",
}  # fmt: skip
"""What nobody sets otherwise: Streamlit also reads a configuration in the folder that it is started from."""


def needed() -> bool:
    """Whether somebody must log in."""
    return bool(os.environ.get(REQUIRED))


def _of_others(scope: Scope) -> bool:
    """Whether this machine's own screens were asked for by a name: a page of others can have its name point here."""
    return bool(os.environ.get(OWN)) and not numbered(HTTPConnection(scope).url.hostname or "")


class Guard:
    """Answers 404 to a path that is not in the table, 401 where a login is needed, and leads back after a login."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        need = next((need for path, need in GUARDED if re.fullmatch(path, scope["path"])), None)
        if _of_others(scope):
            return await _deny(scope, send, 403, "This server is for its own machine: open it as http://localhost.")
        if need is None:
            return await _deny(scope, send, 404, "There is nothing at this address.")
        if need == "login" and needed() and not _logged_in(scope):
            return await _deny(scope, send, 401, "Log in first.")
        if scope["type"] == "http":
            send = _led_back(scope, _safe(send))
        await self.app(scope, receive, send)


def _logged_in(scope: Scope) -> bool:
    said = _get_cookie_value_from_request(Request(scope), USER_COOKIE_NAME)
    try:
        return said is not None and login.lasting(json.loads(said))
    except ValueError:
        return False


async def _deny(scope: Scope, send: Send, status: int, why: str) -> None:
    if scope["type"] == "websocket":
        return await send({"type": "websocket.close", "code": 1008})
    body = json.dumps({"error": why}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _safe(send: Send) -> Send:
    """Say what a browser may do with an answer; where the login is over TLS, no cookie goes without it."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            tls = needed() and (get_origin_from_redirect_uri() or "").startswith("https:")
            secure = b"; Secure" if tls else b""
            message["headers"] = [
                (key, value + secure if key == b"set-cookie" and b"; secure" not in value.lower() else value)
                for key, value in (*message["headers"], *SAFE)
            ]
        await send(message)

    return sent


def _led_back(scope: Scope, send: Send) -> Send:
    """Remember the address of a screen that is asked for; after the login go there instead of the first screen."""
    wanted = Request(scope).cookies.get(BACK)

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start" and needed():
            if re.fullmatch(GUARDED[0][0], scope["path"]) and not _logged_in(scope):
                asked = quote(scope["path"] + "?" + scope["query_string"].decode("latin-1"), safe="")
                message["headers"].append(
                    (b"set-cookie", f"{BACK}={asked}; Path=/; Max-Age=600; HttpOnly; SameSite=Lax".encode())
                )
            elif scope["path"] == "/oauth2callback" and wanted:
                message["headers"] = [
                    (key, _address(wanted) if key == b"location" else value) for key, value in message["headers"]
                ]
        await send(message)

    return sent


def _address(asked: str) -> bytes:
    """The address of a screen, quoted as a header has it; the first screen for any other."""
    path, _, query = unquote(asked).partition("?")
    known = path if re.fullmatch(GUARDED[0][0], path) else "/"
    return quote(f"{known}?{query}" if query else known, safe="/?&=%+,:;@~.-_").encode()


def main(address: str, port: int) -> None:
    """Serve until interrupted. The settings of a login lie beside the store, in Streamlit's own form."""
    secrets = [str(home() / SECRETS)] if needed() else []
    application = st.App(APP, routes=routes(needed), middleware=[Middleware(Guard)])
    application.run(config={**FIXED, "server.address": address, "server.port": port, "secrets.files": secrets})


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
