"""How the screens are served: on this machine alone, or to others who log in, or to everybody where that was said."""

from __future__ import annotations

import importlib.util
import ipaddress
import os
import sys
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

from dashboard import groups

APP = Path(__file__).parent / "app.py"
"""Its folder also holds the configuration that Streamlit reads: theme, no telemetry."""
SECRETS = "secrets.toml"
"""In the folder of the store: the identity provider, in the table [auth] as Streamlit reads it."""
REQUIRED = "ANSWERABLE_LOGIN"
"""Set for a server whose screens take a login: then nothing is shown without one, whatever Streamlit could read."""
OWN = "ANSWERABLE_OWN_MACHINE"
"""Set for a server without a login that only this machine is to reach: then it answers to no name but localhost."""
SHORTEST = 40
"""Characters of a secret that signs cookies: whoever guesses it is anybody."""
NEEDED = ("redirect_uri", "cookie_secret")
OF_PROVIDER = ("client_id", "client_secret", "server_metadata_url")


def command(port: int = 8501, address: str = "127.0.0.1") -> list[str]:
    """The command that serves the dashboard until it is interrupted; not from what lies in the current folder."""
    return [sys.executable, "-P", "-m", "dashboard.web", address, str(port)]


def environment(home: Path, address: str, *, without_login: bool = False) -> dict[str, str]:
    """What the server is told. Raises ``ValueError`` where others could reach screens that ask nobody to log in."""
    logged_in = configured(home)
    if not logged_in and not _own(address):
        if not without_login:
            raise ValueError(
                f"Whoever reaches {address} would see everything and act as you. Set up a login in {home / SECRETS} (see "
                "docs/access.md), or, where a proxy or the network decides who gets that far, say --without-login."
            )
        if os.environ.get("ANSWERABLE_TOKEN"):
            raise ValueError(
                "Everybody would act by the token in ANSWERABLE_TOKEN. Type: unset ANSWERABLE_TOKEN, or set up a login."
            )
    told = {**os.environ, "ANSWERABLE_HOME": str(home.absolute())}
    for one in (REQUIRED, OWN):
        told.pop(one, None)
    if logged_in:
        return told | {REQUIRED: "1"}
    return told if without_login else told | {OWN: "1"}


def configured(home: Path) -> bool:
    """Whether a login is set up for a store. Raises ``ValueError`` for one that is set up in part."""
    file = home / SECRETS
    if not file.is_file():
        return False
    try:
        auth = tomllib.loads(file.read_text(encoding="utf-8")).get("auth")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as why:
        raise ValueError(f"{file} is no TOML: {why}. See docs/access.md.") from None
    if auth is None:
        return False
    lacking = [one for one in (*NEEDED, *OF_PROVIDER) if not auth.get(one)]
    if lacking:
        raise ValueError(f"{file}: [auth] lacks {', '.join(lacking)}. See docs/access.md.")
    if len(auth["cookie_secret"]) < SHORTEST:
        raise ValueError(
            f"{file}: cookie_secret has {len(auth['cookie_secret'])} characters, and whoever guesses it is anybody; give it "
            f"at least {SHORTEST} random ones. Type: python -c 'import secrets; print(secrets.token_hex(32))'"
        )
    if urlsplit(auth["redirect_uri"]).path != "/oauth2callback":
        raise ValueError(f"{file}: redirect_uri is {auth['redirect_uri']}; it must end in /oauth2callback.")
    groups.read(home)
    if importlib.util.find_spec("authlib") is None:
        raise ValueError("A login needs Authlib. Type: pip install 'answerable[login]'")
    return True


def _own(address: str) -> bool:
    """Whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
