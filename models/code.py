"""Which code this is: a digest of its sources, its revision, and the environment it runs in."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from models.card import Environment

SOURCES = frozenset({".py", ".toml", ".yaml"})
LIBRARIES = ("captum", "fairlearn", "numpy", "pandas", "safetensors", "scikit-learn", "scipy", "shap", "torch")
"""Those that can change a number."""


def digest(*packages: str) -> str:
    """SHA-256 over path and bytes of the sources of installed packages. Raises ``ValueError`` for an unknown package."""
    body = hashlib.sha256()
    for package in sorted(packages):
        root = _folder(package)
        paths = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.suffix in SOURCES}
        for name in sorted(paths):
            data = paths[name].read_bytes()
            body.update(f"{package}/{name}\0{len(data)}\0".encode())
            body.update(data)
    return body.hexdigest()


def revision() -> str | None:
    """Git revision of the sources, with ``+changed`` where they differ from it; ``None`` outside a checkout."""
    here = Path(__file__).parent
    if _git(here, "ls-files", "--error-unmatch", Path(__file__).name) is None:
        return None
    head = _git(here, "rev-parse", "HEAD")
    return f"{head}+changed" if head and _git(here, "status", "--porcelain", "--", "..") else head


def environment(device: str) -> Environment:
    """Where this process runs. ``device`` is what it computes on, as the engine says it."""
    torch = sys.modules.get("torch")
    return Environment(
        python=platform.python_version(),
        platform=platform.platform(),
        threads=torch.get_num_threads() if torch else os.cpu_count() or 1,
        packages=tuple((name, found) for name in LIBRARIES if (found := _version(name))),
        device=device,
        revision=revision(),
    )


def _folder(package: str) -> Path:
    spec = find_spec(package)
    places = list(spec.submodule_search_locations or ()) if spec else []
    if not places:
        raise ValueError(f"There is no package {package!r} to take a digest of.")
    return Path(places[0])


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
