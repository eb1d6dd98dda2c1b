"""JSON Schema of the records that are written as JSON: what ``--format json`` and ``--json`` print."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import models_json_schema

from audit.compare import Comparison
from audit.policy import Judgement
from audit.report import Report


def schema() -> dict[str, Any]:
    """One schema (draft 2020-12) for a Report, a Judgement or a Comparison, with the meaning of every field."""
    records = (Report, Judgement, Comparison)
    _, made = models_json_schema([(one, "validation") for one in records], ref_template="#/$defs/{model}")
    versions = "-".join(str(one.model_fields["schema_version"].default) for one in records)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:answerable:schema:records:{versions}",
        "title": "A report, a judgement or a comparison",
        "oneOf": [{"$ref": f"#/$defs/{one.__name__}"} for one in records],
        "$defs": made["$defs"],
    }
