"""The look of the three faces: its colours and typefaces, in one place.

``.streamlit/config.toml``, the charts, the HTML and the paper take their colours from here.
"""

from __future__ import annotations

from collections.abc import Mapping

Palette = Mapping[str, str]

LIGHT: Palette = {
    "ink": "#1c2430", "paper": "#ffffff", "quiet": "#5d6878", "rule": "#e3e7ec", "accent": "#2457c5",
    "pass": "#1b7f79", "fail": "#c8442d", "unsure": "#a66a00", "missing": "#7b8794", "waived": "#7a5ea8",
    "exempt": "#aab3bf",
}  # fmt: skip
DARK: Palette = {
    "ink": "#e6e9ef", "paper": "#14181f", "quiet": "#9aa4b2", "rule": "#2a313c", "accent": "#7da2ff",
    "pass": "#4cc0b7", "fail": "#ff8a73", "unsure": "#e2ad4f", "missing": "#8c97a6", "waived": "#b79cf0",
    "exempt": "#5d6878",
}  # fmt: skip

TOKENS = {outcome: outcome for outcome in ("pass", "fail", "unsure", "missing", "waived", "exempt")} | {
    "better": "pass", "no worse": "quiet", "worse": "fail", "cannot tell": "unsure",
}  # fmt: skip
"""Which colour an outcome of a verdict or of a comparison has. Never alone: symbol and word stand beside it."""

SANS = "Arial, Helvetica, 'Liberation Sans', sans-serif"
MONO = "'DejaVu Sans Mono', Menlo, Consolas, monospace"


def colour(outcome: str, palette: Palette = LIGHT) -> str:
    """The colour of an outcome."""
    return palette[TOKENS[outcome]]


def css(palette: Palette) -> str:
    """The palette as CSS custom properties: ``--ink: #1c2430; ...``."""
    return " ".join(f"--{token}: {value};" for token, value in palette.items())


def follow(svg: str) -> str:
    """An SVG in the light colours, made to follow the page's custom properties, so that it has a dark form too."""
    for token, value in LIGHT.items():
        svg = svg.replace(f'"{value}"', f'"var(--{token})"')
    return svg
