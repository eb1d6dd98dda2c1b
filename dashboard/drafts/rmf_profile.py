"""A profile after the NIST AI Risk Management Framework: where each subcategory stands, and on what."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import Any

from audit import framework
from audit.requirement import Requirement
from audit.scope import Applicability
from audit.standing import RequirementState, standing
from dashboard import figures
from dashboard.drafts import passages
from dashboard.drafts.material import Material
from dashboard.drafts.page import Section, page
from dashboard.paper import block
from dashboard.paper.block import Block

USED = Applicability(applies="yes", reason="a profile is of what it profiles")
SHOWN = 4
"""Ids of evidence in a cell; the requirement's own page has the rest."""


def draft(material: Material) -> dict[str, Any]:
    """One section for each function, one table for each category."""
    pack = framework.read("nist_ai_rmf")
    states = [standing(one, pack, USED, material.facts) for one in pack.requirements]
    told = list(zip(pack.requirements, states, strict=True))
    sections = []
    for name, rows in groupby(told, key=lambda one: one[0].function):
        held = list(rows)
        parts: list[Block] = [block.text(_counted([state for _, state in held]))]
        for category, inside in groupby(held, key=lambda one: one[0].category):
            parts += [block.heading(category), _table(list(inside))]
        parts.append(passages.gap(f"The target for {name} and the order in which what is missing is mended."))
        sections.append(Section(name.capitalize(), parts))
    return page(
        "NIST AI RMF profile",
        material,
        sections,
        f"{passages.points_of(pack)} States are as if it were used, whatever was answered of the scope.",
    )


def _counted(states: list[RequirementState]) -> str:
    """How many stand where: counts, and no share of anything."""
    counts = Counter(one.state for one in states)
    return f"Of {len(states)} subcategories: {', '.join(f'{n} {state}' for state, n in counts.most_common())}."


def _table(rows: list[tuple[Requirement, RequirementState]]) -> Block:
    columns = [("Subcategory", 3, False), ("State", 1.2, False), ("Why", 3, False), ("Evidence", 2, False)]
    return block.table(columns, [[
        block.cell(f"{asked.ref}: {asked.title}"), block.cell(state.state), block.cell(state.reason),
        block.cell(_evidence(state)),
    ] for asked, state in rows])  # fmt: skip


def _evidence(state: RequirementState) -> str:
    ids = [one.partition("/")[2] or figures.short(one) for one in dict.fromkeys(state.evidence)]  # report/exhibit
    more = f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else ""
    return f"{', '.join(ids[:SHOWN])}{more}" or figures.DASH
