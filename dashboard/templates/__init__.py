"""How documents look: Typst and HTML, into which words come as data; what is typed stays text."""

from __future__ import annotations

from pathlib import Path

from dashboard import theme

FOLDER = Path(__file__).parent


def html(template: str, **told: object) -> str:
    """A page as one file: style inside, light and dark, no request to anywhere. A word that it lacks is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(
        **told,
        light=Markup(theme.css(theme.LIGHT)),
        dark=Markup(theme.css(theme.DARK)),
        drawn=lambda svg: Markup(theme.follow(svg)),
    )
