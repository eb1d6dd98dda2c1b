"""An OpenID Connect provider of our own, on this machine: it asks who you are, and believes it."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "answerable", "a secret that only this test knows"


@dataclass
class Provider:
    """Its address, and what it says of each person (by ``sub``)."""

    address: str = ""
    people: dict[str, dict[str, object]] = field(default_factory=dict)
    lasts: int = 3600
    """Seconds after which a login is over."""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    _codes: dict[str, tuple[str, str]] = field(default_factory=dict)

    def settings(self, app: str) -> str:
        """The ``secrets.toml`` of an application at an address."""
        return (
            f'[auth]\nredirect_uri = "{app}/oauth2callback"\ncookie_secret = "{"s" * 40}"\nclient_id = "{CLIENT}"\n'
            f'client_secret = "{SECRET}"\nserver_metadata_url = "{self.address}/.well-known/openid-configuration"\n'
        )

    def metadata(self) -> dict[str, object]:
        return {
            "issuer": self.address, "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token", "jwks_uri": f"{self.address}/keys",
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"], "code_challenge_methods_supported": ["S256"],
        }  # fmt: skip

    def page(self, query: dict[str, list[str]]) -> str:
        """Who could be logging in, each a link back to the application."""
        found = []
        for sub in self.people:
            code = secrets.token_urlsafe()
            self._codes[code] = (sub, query["nonce"][0])
            back = urlencode({"code": code, "state": query["state"][0]})
            found.append(f'<a href="{query["redirect_uri"][0]}?{back}">{sub}</a>')
        return "<p>".join(["Who are you?", *found])

    def token(self, code: str) -> dict[str, object]:
        sub, nonce = self._codes.pop(code)
        now = int(time.time())
        claims = {"iss": self.address, "sub": sub, "aud": CLIENT, "iat": now, "exp": now + self.lasts, "nonce": nonce}
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims | self.people[sub], self.key)
        return {"access_token": "none", "token_type": "Bearer", "id_token": signed}


@contextmanager
def provider(**people: dict[str, object]) -> Iterator[Provider]:
    """A provider that knows these people."""
    one = Provider(people=people)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            if asked.path == "/authorize":
                return self._send(one.page(parse_qs(asked.query)).encode(), "text/html")
            if asked.path == "/keys":
                return self._send(json.dumps({"keys": [one.key.as_dict(private=False)]}).encode())
            return self._send(json.dumps(one.metadata()).encode())

        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
            self._send(json.dumps(one.token(form["code"][0])).encode())

        def _send(self, body: bytes, kind: str = "application/json") -> None:
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        one.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield one
        finally:
            server.shutdown()
            thread.join()
