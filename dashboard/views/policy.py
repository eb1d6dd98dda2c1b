"""What a policy holds, rule by rule, who accepts for how long that one does not hold, and what was judged under it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, tzinfo

import pandas as pd

from audit.acts.act import Act, of
from audit.acts.waiver import Waiver as Given
from audit.policy import Policy
from audit.policy_diff import Amendment
from audit.rule import Rule, Waiver, When
from dashboard import figures
from dashboard.views.wording import label, limit_text
from storage.declared import JudgedUnder

EACH = {"report": "", "group": "for each group", "intersection": "for each intersection of groups"}
BLOCKS = {"block": "blocks", "note": "a note"}


def dimensions(policy: Policy) -> list[str]:
    """What its rules are about, in their order: accuracy, fairness ..."""
    return list(dict.fromkeys(_dimension(one) for one in policy.rules))


def rules(policy: Policy, dimension: str) -> pd.DataFrame:
    """One row per rule about a dimension."""
    rows = [
        {
            "what": rule_name(one),
            "name": " ".join(filter(None, (one.measure, one.setting, one.slice))),
            "limit": given(one),
            "how": how(one),
            "severity": BLOCKS[one.severity],
            "whom": whom(one.when),
            "why": one.rationale,
            "asked by": ", ".join(one.clauses),
            "source": one.source or "",
        }
        for one in policy.rules
        if _dimension(one) == dimension
    ]
    return pd.DataFrame(rows)


def rule_name(rule: Rule) -> str:
    """``Accuracy for each group, against the parent``."""
    against = ", against the parent" if rule.against == "parent" else ""
    return " ".join(filter(None, (label(rule.measure, rule.setting or "", rule.slice), EACH[rule.per]))) + against


def given(rule: Rule) -> str:
    """The limit as people read it."""
    if rule.given == "declared":
        return f"{rule.side.replace('_', ' ')} what the task's owner declared"
    return limit_text(rule.measure, rule.given, rule.side, change=rule.against == "parent")


def how(rule: Rule) -> str:
    """What of the number decides, and from how many examples on."""
    said = "the value alone decides" if rule.statistic == "value" else f"the whole {rule.level:.3g} interval decides"
    said = said.replace(f"{rule.level:.3g}", f"{100 * rule.level:.3g}{figures.THIN}%")
    fewest = [f"n at least {figures.count(rule.minimum_n)}"] if rule.minimum_n > 1 else []
    return "; ".join([said, *fewest, *(["a bound may pass"] if rule.accept_bound else [])])


def whom(when: When) -> str:
    """Which tasks a rule concerns."""
    said = when.model_dump(exclude_none=True)
    parts = [_kinds(said["kind"])] if "kind" in said else []
    parts += [f"{said['modality']} data"] if "modality" in said else []
    for key, yes, no in (
        ("concerns_people", "about people", "not about people"),
        ("favourable", "with an outcome people hope for", "without an outcome people hope for"),
    ):
        parts += [yes if said[key] else no] if key in said else []
    return ", ".join(parts) or "every task"


def waivers(policy: Policy, acts: Iterable[Act], today: date) -> pd.DataFrame:
    """Who accepts that a rule of the policy does not hold: in the policy itself, and by an act of later."""
    limited = {one.measure for one in policy.rules}
    later = [(act.subject, one, act.id) for act, one in of(acts, Given) if one.measure in limited]
    known: list[tuple[str, Waiver | Given, str]] = [(one.model, one, "in the policy") for one in policy.waivers]
    known += later
    rows = [
        {
            "what": label(one.measure, one.setting or ""),
            "model": model,
            "owner": one.owner,
            "until": f"{one.expires}",
            "state": "waived" if today <= one.expires else "ended",
            "why": one.reason,
            "control": one.compensating_control,
            "where": where,
        }
        for model, one, where in known
    ]
    return pd.DataFrame(rows)


def judged(found: list[JudgedUnder], zone: tzinfo | None) -> pd.DataFrame:
    """Judgements under a policy, the newest first."""
    rows = [
        {
            "version": one.title,
            "report": one.report,
            "state": "passed" if one.passed else "not passed",
            "when": figures.moment(one.created, zone),
            "note": "; ".join(
                filter(
                    None,
                    (
                        "the policy was declared after the fact" if one.after_the_fact else "",
                        "" if one.newest else "judged again since",
                    ),
                )
            ),
        }
        for one in found
    ]
    return pd.DataFrame(rows)


def amended(found: Iterable[Amendment]) -> list[str]:
    """What a policy changes in its base, each in a sentence; words that change no verdict are left out."""
    return [one.sentence for one in found if one.what not in ("rationale", "clauses", "source")]


def _dimension(rule: Rule) -> str:
    return rule.measure.partition(".")[0]


def _kinds(said: str | tuple[str, ...]) -> str:
    kinds = (said,) if isinstance(said, str) else said
    return " or ".join(one.replace("_", " ") for one in kinds) + " tasks"
