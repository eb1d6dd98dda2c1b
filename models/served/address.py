"""Where a served model is: addresses without credentials."""

from __future__ import annotations

import httpx


def address(url: str) -> httpx.URL:
    """The address, or ``ValueError`` that never repeats credentials."""
    try:
        found = httpx.URL(url)
    except httpx.InvalidURL:
        found = None
    if found is None or found.scheme not in ("http", "https") or not found.host:
        raise ValueError("The address of a served model is not one; right would be https://host/path.")
    if found.userinfo:
        raise ValueError(
            f"The address {shown(found)} was given with credentials in it; put the token into an environment variable "
            "and give its name: token='MODEL_TOKEN'."
        )
    return found.copy_with(fragment=None)


def below(url: httpx.URL, path: str) -> httpx.URL:
    """The address with a path appended, its query kept."""
    if not path:
        return url
    raw, mark, query = url.raw_path.partition(b"?")
    return url.copy_with(raw_path=raw.rstrip(b"/") + b"/" + path.encode() + mark + query)


def shown(url: httpx.URL) -> str:
    """An address as it may be written down: without query, fragment and credentials."""
    return str(url.copy_with(userinfo=b"", query=None, fragment=None))


def in_the_open(url: httpx.URL) -> bool:
    """Whether what is sent there can be read on the way: plain http to another machine."""
    return url.scheme == "http" and url.host not in ("localhost", "127.0.0.1", "::1")
