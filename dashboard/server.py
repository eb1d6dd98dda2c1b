"""How the screens are served: by Streamlit, on this machine alone unless told otherwise."""

from __future__ import annotations

import sys
from pathlib import Path

APP = Path(__file__).parent / "app.py"
"""Its folder also holds the configuration that Streamlit reads: theme, no telemetry."""


def command(port: int = 8501, address: str = "127.0.0.1") -> list[str]:
    """The command that serves the dashboard until it is interrupted."""
    where = ["--server.address", address, "--server.port", str(port)]
    return [sys.executable, "-m", "streamlit", "run", str(APP), *where]
