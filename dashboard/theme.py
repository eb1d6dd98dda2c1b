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
    "better": "pass", "no worse": "quiet", "worse": "fail", "cannot tell": "unsure", "clean": "quiet",
}  # fmt: skip
"""Which colour an outcome of a verdict or of a comparison has. Never alone: symbol and word stand beside it."""

ON_COLOUR = ("#000000", "#fefefe")
"""Text on a coloured ground. No colour of either palette, so that it stays as it is in both themes."""
SANS = "Arial, Helvetica, 'Liberation Sans', sans-serif"
MONO = "'DejaVu Sans Mono', Menlo, Consolas, monospace"


def colour(outcome: str, palette: Palette = LIGHT) -> str:
    """The colour of an outcome."""
    return palette[TOKENS[outcome]]


def mixed(first: str, second: str, share: float) -> str:
    """A colour between two, with this share of the second."""
    parts = [round((1 - share) * a + share * b) for a, b in zip(_channels(first), _channels(second), strict=True)]
    return "#" + "".join(f"{one:02x}" for one in parts)


def readable(ground: str) -> str:
    """Black or white, whichever stands out more on a ground: always at least 4.5 to 1."""
    return max(ON_COLOUR, key=lambda ink: contrast(ink, ground))


def contrast(one: str, other: str) -> float:
    """How far two colours stand apart, from 1 to 21, as WCAG 2 measures it."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _channels(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


def _luminance(colour: str) -> float:
    shares = [one / 255 for one in _channels(colour)]
    light = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in shares]
    return 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2]


def css(palette: Palette) -> str:
    """The palette as CSS custom properties: ``--ink: #1c2430; ...``."""
    return " ".join(f"--{token}: {value};" for token, value in palette.items())


def follow(svg: str) -> str:
    """An SVG in the light colours, made to follow the page's custom properties, so that it has a dark form too."""
    for token, value in LIGHT.items():
        svg = svg.replace(f'"{value}"', f'"var(--{token})"')
    return svg
