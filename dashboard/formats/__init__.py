"""What machines and other tools read: one file, one format, each made from the records alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from dashboard.formats import text
from dashboard.formats.junit import junit
from dashboard.formats.markdown import markdown
from dashboard.formats.mlbom import mlbom
from dashboard.formats.model_card import model_card
from dashboard.formats.oscal import oscal
from dashboard.formats.prometheus import prometheus
from dashboard.formats.sarif import sarif
from dashboard.formats.schema import schema
from dashboard.paper.contents import contents
from dashboard.paper.dossier import Dossier

__all__ = ["FORMATS", "Format", "junit", "markdown", "mlbom", "model_card", "oscal", "prometheus", "sarif", "schema"]


class Format(NamedTuple):
    """How a dossier is written, and how the file ends."""

    suffix: str
    write: Callable[[Dossier], str]

    def encoded(self, dossier: Dossier) -> bytes:
        """The file's bytes: the same dossier gives the same."""
        return self.write(dossier).encode()


FORMATS = {
    "mlbom": Format("cdx.json", lambda one: text.as_json(mlbom(one))),
    "oscal": Format("oscal.json", lambda one: text.as_json(oscal(one))),
    "sarif": Format("sarif", lambda one: text.as_json(sarif(one.report, one.judgement))),
    "junit": Format("junit.xml", lambda one: junit(one.report, one.judgement)),
    "prometheus": Format("prom", prometheus),
    "md": Format("md", lambda one: markdown(contents(one))),
    "card": Format("card.md", model_card),
    "schema": Format("schema.json", lambda one: text.as_json(schema())),
}
"""By the name that ``--format`` takes."""
