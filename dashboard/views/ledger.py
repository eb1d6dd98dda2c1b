"""Who did what and when."""

from __future__ import annotations

from datetime import tzinfo

import pandas as pd

from dashboard import figures
from storage.ledger import Entry

KINDS = {
    "model": "put in the version", "split": "declared the split", "policy": "declared the policy",
    "report": "put in the report", "judgement": "judged", "act": "did", "blob": "put in the file", "erase": "erased",
    "key": "introduced the key",
}  # fmt: skip


def entries(found: list[Entry], zone: tzinfo | None) -> pd.DataFrame:
    """Ledger entries as a table for people."""
    rows = [
        {
            "No.": str(one.seq),
            "When": figures.moment(one.at, zone),
            "Who": f"{one.actor} ({one.known_by})",
            "what": KINDS[one.kind],
            "about": one.subject,
            "note": one.note,
            "Hash": f"`{figures.short(one.hash)}`",
        }
        for one in found
    ]
    return pd.DataFrame(rows)
