"""Who did what and when."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import tzinfo

import pandas as pd

from audit.acts.act import Act
from dashboard import figures
from storage.ledger import Entry

KINDS = {
    "model": "put in the version", "split": "declared the split", "policy": "declared the policy",
    "report": "put in the report", "judgement": "judged", "act": "did", "blob": "put in the file", "erase": "erased",
    "key": "introduced the key",
}  # fmt: skip
ACTS = {
    "inventory": ("described", "/inventory?model="), "change": ("classed a change of", "/inventory?model="),
    "document": ("filed a document about", "/documents?id="), "risk": ("wrote a risk of", "/risks?id="),
    "attestation": ("attested a requirement of", "/requirements?id="), "binding": ("bound evidence about", "/requirements?id="), "scope": ("answered the scope of", "/scope?model="),
    "incident": ("reported an incident of", "/risks?id="), "finding": ("opened a finding about", "/findings?model="),
    "closing": ("closed a finding about", "/findings?model="), "waiver": ("waived a rule for", "/signoff?id="),
    "request": ("asked for the approval of", "/signoff?id="), "approval": ("approved", "/signoff?id="),
    "withdrawal": ("took back an approval of", "/signoff?id="), "release": ("released", "/signoff?id="),
    "refusal": ("was refused a deed about", "/signoff?id="), "grant": ("gave roles to", ""),
    "publication": ("published a page about", "/report?id="), "token": ("made a token for", ""), "token_end": ("ended a token of", ""),
}  # fmt: skip
"""An act in words, and the address that shows what it is about."""
LINKS = {
    "model": "/report?id=", "report": "/report?id=", "judgement": "/report?id=", "policy": "/policy?policy=",
}  # fmt: skip
KEY = re.compile("[0-9a-f]{64}")


def entries(found: list[Entry], acts: Mapping[str, Act], zone: tzinfo | None) -> pd.DataFrame:
    """Ledger entries as a table for people; ``acts`` are those that they speak of."""
    return pd.DataFrame([_row(one, acts.get(one.subject), zone) for one in found])


def _row(one: Entry, act: Act | None, zone: tzinfo | None) -> dict[str, str]:
    done, to = (
        ACTS.get(act.kind, (f"did ({act.kind.replace('_', ' ')})", ""))
        if act
        else (KINDS[one.kind], LINKS.get(one.kind, ""))
    )
    return {
        "No.": str(one.seq),
        "When": figures.moment(one.at, zone),
        "behind": _behind(one.behind_seconds),
        "Who": f"{one.actor} ({one.known_by})",
        "what": done,
        "about": act.subject if act else one.subject,
        "to": to,
        "id": one.subject,
        "note": "" if act else KEY.sub(lambda key: " ".join(re.findall(".{16}", key.group())), one.note),
        "Hash": f"`{figures.short(one.hash)}`",
    }


def _behind(seconds: float) -> str:
    return f"the clock had gone back by {figures.duration(seconds)}" if seconds > 0 else ""
