"""How policies, what one changes in another, and what a draft would change are printed on the terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from audit.policy_diff import Amendment
from audit.trial import Trial
from dashboard import figures
from dashboard.policies import Checked
from dashboard.views import trial

SHOWN = 20
"""Reports that are listed; the rest is counted."""


def checked(one: Checked, as_json: bool) -> None:
    """What a policy holds, what it changes in its base, and what is wrong with it."""
    policy = one.policy
    if as_json:
        return _json(one.model_dump(mode="json"))
    blocking = sum(rule.severity == "block" for rule in policy.rules)
    bases = f", extends {', '.join(policy.bases)}" if policy.bases else ""
    _say(f"{policy.title}{bases}: {len(policy.rules)} rules, {blocking} of them blocking; digest {one.digest[:12]}.")
    for change in one.against_base:
        _say(f"- {change.sentence}")
    for problem in one.problems:
        _say(f"! {problem[:1].upper()}{problem[1:]}.")
    if not one.problems:
        _say("Nothing is wrong with it.")


def amended(found: Sequence[Amendment], as_json: bool) -> None:
    """Each change in a sentence."""
    if as_json:
        return _json([{**one.model_dump(mode="json"), "sentence": one.sentence} for one in found])
    for one in found:
        _say(f"- {one.sentence}")
    weaker = sum(one.effect == "weaker" for one in found)
    _say(f"{len(found)} changes, {weaker} of them weaker." if found else "Both say the same.")


def trials(title: str, found: Sequence[Trial], as_json: bool) -> None:
    """Which verdicts and gates a draft would change."""
    if as_json:
        return _json([one.model_dump(mode="json") for one in found])
    for said in trial.sentences(title, found):
        _say(said)
    _verdicts(found)
    _gates([one for one in found if one.before != one.after])
    untried = trial.untried(found)
    for why, times in untried:
        _say(f"Not tried in {trial.of_reports(times)}: {why}.")
    if untried:
        _say("With --compare versions are compared with their parents anew, which takes seconds each.")


def _verdicts(found: Sequence[Trial]) -> None:
    """Verdicts that change, by rule, with the number of reports."""
    changed = trial.verdicts(found)
    if changed.empty:
        return _say("No verdict would be another one.")
    table = _table("rule", "setting", "was", "would be", "reports")
    for about, setting, *ends, times in changed.itertuples(index=False):
        told = (figures.verdict(one) if one else figures.DASH for one in ends)
        table.add_row(*(Text(cell) for cell in (about, setting, *told, str(times))))
    Console(highlight=False).print(table)


def _gates(changed: Sequence[Trial]) -> None:
    if not changed:
        return
    table = _table("version", "report", "gate was", "would be")
    for one in changed[:SHOWN]:
        table.add_row(
            *(Text(cell) for cell in (one.title, one.report[:12], trial.GATES[one.before], trial.GATES[one.after]))
        )
    Console(highlight=False).print(table)
    if len(changed) > SHOWN:
        _say(f"{len(changed) - SHOWN} more: --json lists all.")


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in columns:
        table.add_column(name, overflow="fold")
    return table


def _say(text: str) -> None:
    Console(highlight=False).print(Text(text))


def _json(value: object) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))  # noqa: T201 -- machines read it
