"""Documents drafted from what is stored: one file, one document; people complete them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dashboard.drafts import (
    annex_iv,
    datasheet,
    incident_log,
    instructions,
    monitoring,
    oversight,
    risk_register,
    rmf_profile,
    validation,
)
from dashboard.drafts.material import Material
from dashboard.drafts.page import written
from dashboard.formats.model_card import model_card
from models.task import UnknownName

PAGES: dict[str, Callable[[Material], dict[str, Any]]] = {
    "annex_iv": annex_iv.draft,
    "datasheet": datasheet.draft,
    "instructions_for_use": instructions.draft,
    "human_oversight_plan": oversight.draft,
    "post_market_monitoring_plan": monitoring.draft,
    "risk_register": risk_register.draft,
    "incident_log": incident_log.draft,
    "sr_26_2_validation": validation.draft,
    "nist_ai_rmf_profile": rmf_profile.draft,
}
"""By kind of document."""
CARD = "model_card"
KINDS = (CARD, *PAGES)


def draft(kind: str, material: Material) -> str:
    """A document of that kind as Markdown, with marked places for people. Raises ``UnknownName``, or ``LookupError``."""
    if kind not in KINDS:
        raise UnknownName("draft", kind, list(KINDS))
    if kind in PAGES:
        return written(PAGES[kind](material))
    if material.dossier is None:
        title = material.card.title
        raise LookupError(f"A model card needs a judged report of {title}. Type: answerable audit {title}")
    return model_card(material.dossier)
