"""The walk: every screen and route without a login and in every role; and one login in a real browser."""

from __future__ import annotations

import json
import re
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect
from streamlit.testing.v1 import AppTest
from streamlit.web.server.starlette import (
    starlette_agent_routes,
    starlette_auth_routes,
    starlette_routes,
    starlette_websocket,
)

from audit.acts.act import of
from audit.acts.person import ROLES, Role
from audit.acts.signoff import Approval, Refusal
from dashboard import filing, governing, granting, server, verbs
from dashboard.access import DEEDS
from dashboard.formats import FORMATS
from dashboard.routes import ROUTES, routes
from dashboard.screens import NAMES
from dashboard.web import Guard, needed
from dashboard.work import Place
from storage.archive import Archive
from tests.dashboard import browsing, stores
from tests.dashboard.provider import Provider, provider
from tests.dashboard.teams import DUE, ENTRY, FINDING, ISSUER, acting, team, typed

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


MARKER = "quokka"
"""Stands in names, titles and texts, and must not be read by anybody who is not let in."""


@pytest.fixture(scope="module")
def shared(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A team's store in which the marker is everywhere; looked at, never written to."""
    folder = tmp_path_factory.mktemp("team") / "home"
    shutil.copytree(kept, folder)
    with stores.archive(folder) as archive:
        stores.put_model(archive, stores.card("mortgage", 1, name=f"{MARKER}-model"))
        team(archive)
        engineer = acting("engineer")
        governing.register(archive, "mortgage", ENTRY | {"use": f"{MARKER} use"}, engineer)
        governing.open_finding(archive, "mortgage@2", FINDING | {"title": f"{MARKER} finding"}, engineer)
        filing.file_text(archive, "mortgage@2", "model_card", f"# {MARKER}", f"{MARKER} card", DUE, engineer)
    return folder


@pytest.fixture
def at_team(shared: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ANSWERABLE_HOME", str(shared))
    monkeypatch.delenv("ANSWERABLE_STORE", raising=False)
    return shared


def opened(screen: str, **user: object) -> AppTest:
    """A screen as somebody sees it whom a provider knows by these claims."""
    page = AppTest.from_file(str(server.APP), default_timeout=30)
    page.user = {"is_logged_in": bool(user), **user}
    page.query_params["id"] = "mortgage@2"
    return page.switch_page(f"screens/{screen}.py").run()


def known(sub: str, lasts: float = 600) -> dict[str, object]:
    return {"iss": ISSUER, "sub": sub, "name": sub, "exp": time.time() + lasts, "iat": time.time()}


def read(page: AppTest) -> str:
    """Everything that went to the browser, whatever it is."""
    found: list[str] = []
    left: list[Any] = [page.main, page.sidebar]
    while left:
        one = left.pop()
        left += getattr(one, "children", {}).values()
        found.append(str(getattr(one, "proto", "")))
    return "\n".join(found)


@pytest.mark.usefixtures("at_team")
@pytest.mark.parametrize("screen", NAMES)
def test_no_screen_shows_anything_before_login_or_after_its_end(screen: str) -> None:
    for who in ({}, known("admin", lasts=-1)):
        nothing(opened(screen, **who))


@pytest.mark.usefixtures("at_team")
def test_a_login_without_an_end_or_of_another_provider_is_none() -> None:
    nothing(opened("fleet", **known("admin") | {"exp": None}))
    nothing(opened("fleet", **known("admin") | {"iss": "https://other.example.org"}))


def nothing(page: AppTest) -> None:
    """The name of the product and a button; of someone without a role what to send to whom."""
    assert not page.exception
    assert [one.value for one in page.title] == ["Answerable"]
    assert [one.label for one in page.button] in (["Log in"], ["Log out"])
    said = read(page)
    assert MARKER not in said
    assert "mortgage" not in said.replace("mortgage@2", "")
    assert len(page.main) <= 4


@pytest.mark.usefixtures("at_team")
@pytest.mark.parametrize("screen", NAMES)
def test_every_screen_is_shown_to_every_role_and_only_its_own_forms_can_be_sent(screen: str) -> None:
    other = ROLES[1:][NAMES.index(screen) % 5]
    for role in ("viewer", other):
        page = opened(screen, **known(role))
        assert not page.exception, page.exception
        assert not page.error, [one.value for one in page.error]
        assert page.title[0].value != "Answerable"
        if role == "viewer":
            sent = [one.label for one in page.button if str(one.key).endswith("-button") and not one.disabled]
            assert not sent, f"a viewer may press {sent}"
    if screen in ("findings", "inventory", "fleet"):
        assert MARKER in read(page), "the marker would be seen"


@pytest.mark.usefixtures("at_team")
def test_somebody_without_a_role_is_told_what_to_send_to_whom() -> None:
    page = opened("fleet", **known("stranger"))
    assert "Ask an admin" in page.markdown[0].value
    assert page.code[0].value == f"issuer: {ISSUER}\nsubject: stranger"
    assert len(page.main) == 4


class Team(NamedTuple):
    """A served dashboard with a login, its store, and a token of each role."""

    address: str
    home: Path
    tokens: dict[str, str]

    @property
    def archive(self) -> Archive:
        return stores.archive(self.home)


@pytest.fixture(scope="module")
def served_team(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """The team's store behind a provider's login; its journey writes to it."""
    folder = tmp_path_factory.mktemp("served")
    home, port = folder / "home", browsing.free_port()
    shutil.copytree(shared, home)
    with provider(erin={"name": "Erin"}, alan={"name": "Alan"}, stranger={"name": MARKER}) as one:
        (home / server.SECRETS).write_text(one.settings(f"http://127.0.0.1:{port}"))
        with stores.archive(home) as archive:
            tokens = {role: granting.new_token(archive, "test", DUE, by=acting(role))[1] for role in ROLES}
            granting.add(archive, "Erin", one.address, "erin", ["engineer"], by=acting("admin"))
            granting.add(archive, "Alan", one.address, "alan", ["approver"], by=acting("admin"))
            file = folder / "loans.toml"
            file.write_text(LOANS)
            verbs.judge(Place(archive, home), "mortgage@2", str(file), acting("reviewer"))
        (folder / ".streamlit").mkdir()
        (folder / ".streamlit/config.toml").write_text("[server]\nenableCORS = false\nenableXsrfProtection = false\n")
        with browsing.served(home, folder, port) as address:
            yield Team(address, home, tokens)


LOANS = """
name = "loans"
version = "1"
purpose = "lets loans out"

[[rules]]
measure = "accuracy.accuracy"
at_least = 0.5
rationale = "better than a coin, as the board asked for"
"""
OPEN = ("/_stcore/health", "/_stcore/host-config", "/auth/login", "/auth/logout", "/oauth2callback", "/_stcore/stream")


def asked(url: str, token: str | None = None, method: str = "GET") -> tuple[int, str]:
    """Status and text of an answer."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = httpx.request(method, url, headers=headers, timeout=60, verify=False)
    return answer.status_code, answer.text


def streamlit_paths() -> list[str]:
    """Every path that Streamlit itself answers, as its own modules name them."""
    found = {
        value
        for module in (starlette_routes, starlette_auth_routes, starlette_agent_routes, starlette_websocket)
        for name, value in vars(module).items()
        if re.match(r"_?(ROUTE|BASE_ROUTE)_", name) and isinstance(value, str)
    }
    return sorted("/" + re.sub(r"\{.*?\}", "x", one).strip("/") for one in found)


def test_without_a_login_every_route_is_closed_and_says_why_in_a_sentence(served_team: Team) -> None:
    paths = streamlit_paths()
    assert {"/_stcore/metrics", "/media/x"} <= set(paths)
    for path in paths:
        for method in ("GET", "PUT") if path not in OPEN else ("GET",):
            status, text = asked(served_team.address + path, method=method)
            assert MARKER not in text
            assert path in OPEN or status in (401, 404), f"{method} {path}: {status}"
    formats = ["pdf", "html", "json", "docx", *FORMATS]
    closed = [one.path.format(title=f"{MARKER}-model@1", format=name) for one in ROUTES for name in formats]
    for path in dict.fromkeys(closed):
        for token, said in ((None, "send a token"), ("answerable_guess", "not known here")):
            status, text = asked(served_team.address + path, token)
            assert status == 401, path
            assert list(json.loads(text)) == ["error"]
            assert said in text
            assert MARKER not in text.replace(path, "")
    for path in ("/", *(f"/{name}" for name in NAMES[1:])):
        status, text = asked(served_team.address + path)
        assert (status, MARKER in text, "mortgage" in text) == (200, False, False)
    assert asked(served_team.address + "/app/static/x")[0] == 404
    assert asked(served_team.address + "/report/..%2f..%2fstore.db")[0] in (400, 404)


@pytest.mark.parametrize("role", ROLES)
def test_routes_answer_a_token_as_its_role_allows(role: Role, served_team: Team) -> None:
    token = served_team.tokens[role]
    for route in ROUTES:
        path = route.path.format(title="digits@1", format="json")
        status, text = asked(served_team.address + path, token)
        allowed = role in DEEDS[route.deed].roles
        assert status == (200 if allowed else 403), f"{path}: {text[:200]}"
        if not allowed:
            assert f"{role} may not {DEEDS[route.deed].words}" in json.loads(text)["error"]


def test_what_routes_answer(served_team: Team) -> None:
    token = served_team.tokens["auditor"]
    gate = json.loads(asked(f"{served_team.address}/api/versions/mortgage@2/gate", token)[1])
    assert gate["passed"] is True
    assert gate["sentence"] == "mortgage@2 passes the gate under loans 1."
    lines = asked(f"{served_team.address}/api/ledger", token)[1].splitlines()
    assert json.loads(lines[-1])["end"] == len(lines) - 2
    assert 'answerable_kept{what="versions"}' in asked(f"{served_team.address}/api/metrics", token)[1]
    assert asked(f"{served_team.address}/api/versions/digits@1/report.md", token)[1].startswith("# ")
    for path, said in (
        ("nobody@1/gate", "no model"), ("breast_cancer@1/gate", "has no report yet"), ("digits@1/report.exe", "no format"),
    ):  # fmt: skip
        status, text = asked(f"{served_team.address}/api/versions/{path}", token)
        assert (status, said in json.loads(text)["error"]) == (404, True), text


@pytest.mark.browser
def test_a_journey_from_login_to_a_role_that_was_taken_away(served_team: Team, chromium: Browser) -> None:
    signoff = "/signoff?id=mortgage%402&stage=staging"
    erin = logged_in(chromium, served_team.address + signoff, "erin")
    erin.get_by_role("heading", name="Sign-off").wait_for()
    assert "id=mortgage%402&stage=staging" in erin.url, "the address that was asked for opens after the login"
    erin.get_by_role("button", name="Ask for staging").click()
    erin.get_by_text("Kept as").wait_for()
    alan = logged_in(chromium, f"{served_team.address}{signoff}&act=Approve", "alan")
    alan.get_by_role("spinbutton", name="year, Until").click()
    alan.keyboard.type("20300101")
    alan.get_by_role("button", name="Approve for staging").click()
    alan.get_by_text("Kept as").wait_for()
    alan.goto(f"{served_team.address}{signoff}&act=Release")
    alan.get_by_role("button", name="Release to staging").wait_for()
    browsing.settled(alan)
    with served_team.archive as archive:
        (given,) = of(archive.acts("mortgage", "approval"), Approval)
        assert (given[0].actor, given[0].known_by) == ("Alan", "oidc")
        granting.change(archive, "Alan", ["viewer"], "moved to another team", acting("admin"))
        alan.get_by_role("button", name="Release to staging").click()
        alan.get_by_text("Alan may not release a version").first.wait_for()
        assert not archive.acts("mortgage", "release")
        (kept,) = of(archive.acts("mortgage", "refusal"), Refusal)
        assert (kept[0].actor, kept[1].tried) == ("Alan", "release")
        granting.change(archive, "Alan", [], "left", acting("admin"))
        alan.reload()
        alan.get_by_text("have no role here").wait_for()
        assert alan.get_by_text("mortgage").count() == 0
    alan.get_by_role("button", name="Log out").click()
    alan.get_by_role("button", name="Log in").wait_for()


def logged_in(chromium: Browser, url: str, who: str) -> Page:
    """Somebody who asked for an address, was sent to log in, and did."""
    page = chromium.new_context(viewport={"width": 1400, "height": 900}).new_page()
    page.goto(url)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name=who).click()
    browsing.settled(page)
    return page


def test_an_address_that_others_reach_takes_a_login_or_the_word_that_it_has_none(empty: Path) -> None:
    refused = typed("dashboard", "--address", "0.0.0.0")
    assert refused.exit_code == 2
    assert "--without-login" in refused.stderr
    assert server.environment(empty, "0.0.0.0", without_login=True).get(server.REQUIRED) is None
    assert server.environment(empty, "127.0.0.1").get(server.REQUIRED) is None
    weak = Provider("http://127.0.0.1:1").settings("https://a.example.org").replace("s" * 40, "s" * 39)
    for broken, said in (("[auth]\n", "lacks redirect_uri"), ("[auth\n", "no TOML"), (weak, "39 characters")):
        (empty / server.SECRETS).write_text(broken)
        for address in ("0.0.0.0", "127.0.0.1"):
            assert said in typed("dashboard", "--address", address).stderr
    (empty / server.SECRETS).write_text(Provider("http://127.0.0.1:1").settings("https://a.example.org"))
    assert server.environment(empty, "0.0.0.0")[server.REQUIRED] == "1"


def test_nobody_acts_by_the_token_of_whoever_serves(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANSWERABLE_TOKEN", "answerable_some")
    with pytest.raises(ValueError, match="unset ANSWERABLE_TOKEN"):
        server.environment(empty, "0.0.0.0", without_login=True)


def guarded() -> Starlette:
    """Our routes behind the guard, and a screen's stream."""

    async def stream(socket: WebSocket) -> None:
        await socket.accept()
        await socket.close()

    return Starlette(
        routes=[*routes(needed), WebSocketRoute("/_stcore/stream", stream)], middleware=[Middleware(Guard)]
    )


def test_a_page_whose_name_was_pointed_here_reaches_no_screen_of_this_machine(
    populated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a login, whoever reaches the stream acts as the user: by DNS rebinding any page could."""
    own = server.environment(populated, "127.0.0.1")
    monkeypatch.setenv(server.OWN, own[server.OWN])
    with TestClient(guarded(), base_url="http://evil.example.org:8501") as client:
        for path in ("/", "/signoff", "/_stcore/health", "/api/metrics"):
            assert client.get(path).status_code == 403
        with pytest.raises(WebSocketDisconnect), client.websocket_connect("/_stcore/stream"):
            pass
    with TestClient(guarded(), base_url="http://localhost:8501") as client:
        assert client.get("/api/metrics").status_code == 200
        with client.websocket_connect("ws://localhost:8501/_stcore/stream"):
            pass
    for told in (
        server.environment(populated, "127.0.0.1", without_login=True),
        server.environment(populated, "0.0.0.0", without_login=True),
    ):
        assert server.OWN not in told, "a proxy in front of it has a name"


def test_no_page_of_others_frames_a_screen_and_no_cookie_of_others_breaks_one(served_team: Team) -> None:
    for path in ("/", "/signoff", "/_stcore/health", "/api/metrics"):
        answer = httpx.get(served_team.address + path, headers={"Cookie": "foo/bar=1; a,b=c; ;="})
        assert answer.status_code < 500
        assert answer.headers["content-security-policy"] == "frame-ancestors 'self'"


def test_the_folder_that_it_is_started_from_cannot_open_it_to_other_pages(served_team: Team) -> None:
    port = int(served_team.address.rpartition(":")[2])
    for origin, status in (("https://evil.example.org", b"403"), (served_team.address, b"101")):
        with socket.create_connection(("127.0.0.1", port), timeout=20) as wire:
            wire.sendall(
                f"GET /_stcore/stream HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {'A' * 22}==\r\nOrigin: {origin}\r\n\r\n".encode()
            )
            assert wire.recv(100).split()[1] == status


def test_a_store_that_is_away_is_no_news_of_where_it_is(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty.parent.joinpath("file").touch()
    monkeypatch.setenv("ANSWERABLE_STORE", f"sqlite:///{empty.parent}/file/store.db")
    with TestClient(guarded(), base_url="http://localhost") as client:
        answer = client.get("/api/metrics")
    assert answer.status_code == 503
    assert str(empty.parent) not in answer.text


@pytest.mark.usefixtures("populated")
@pytest.mark.parametrize(
    ("host", "status"), [("localhost:8501", 200), ("127.0.0.1", 200), ("[::1]:8501", 200), ("evil.example.org", 401)]
)
def test_a_single_users_routes_answer_this_machine_and_no_name_that_points_to_it(host: str, status: int) -> None:
    application = Starlette(routes=routes(lambda: False))
    with TestClient(application, base_url=f"http://{host}") as client:
        assert client.get("/api/versions/mortgage@2/gate").status_code == status
        assert client.get("/api/ledger", headers={"Authorization": "Bearer answerable_guess"}).status_code == 401
