"""How policies, what one changes in another, and what a draft would change are printed on the terminal."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from audit.policy_diff import Amendment
from audit.trial import Trial
from dashboard import figures
from dashboard.policies import Checked

SHOWN = 20
"""Reports that are listed; the rest is counted."""
GATES = {True: "open", False: "shut", None: figures.DASH}


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
    for said in _sentences(title, found):
        _say(said)
    _verdicts(found)
    _gates([one for one in found if one.before != one.after])
    untried = Counter(why for one in found for why in one.not_tried)
    for why, times in untried.most_common():
        _say(f"Not tried in {_reports(times)}: {why}.")
    if untried:
        _say("With --compare versions are compared with their parents anew, which takes seconds each.")


def _sentences(title: str, found: Sequence[Trial]) -> Iterator[str]:
    times = Counter((one.before, one.after) for one in found)
    yield f"{title} on {_reports(len(found))}; nothing was kept."
    for (before, after), one in (((True, False), "would close"), ((False, True), "would open")):
        yield f"{times[before, after]} gates that were {GATES[before]} {one}."
    unsaid = sum(count for (_, after), count in times.items() if after is None)
    new = sum(count for (before, after), count in times.items() if before is None and after is not None)
    stay = times[True, True] + times[False, False]
    more = [f"{unsaid} cannot be told"] * bool(unsaid) + [f"{new} were never judged before"] * bool(new)
    yield "; ".join([f"{stay} stay as they were", *more]) + "."


def _verdicts(found: Sequence[Trial]) -> None:
    """Verdicts that change, by rule, with the number of reports."""
    times = Counter((one.about, one.setting, one.before, one.after) for each in found for one in each.changes)
    if not times:
        return _say("No verdict would be another one.")
    table = _table("rule", "setting", "was", "would be", "reports")
    for (about, setting, before, after), count in times.most_common():
        ends = (figures.verdict(one) if one else figures.DASH for one in (before, after))
        table.add_row(*(Text(cell) for cell in (about, "" if setting in about else setting, *ends, str(count))))
    Console(highlight=False).print(table)


def _gates(changed: Sequence[Trial]) -> None:
    if not changed:
        return
    table = _table("version", "report", "gate was", "would be")
    for one in changed[:SHOWN]:
        table.add_row(*(Text(cell) for cell in (one.title, one.report[:12], GATES[one.before], GATES[one.after])))
    Console(highlight=False).print(table)
    if len(changed) > SHOWN:
        _say(f"{len(changed) - SHOWN} more: --json lists all.")


def _reports(n: int) -> str:
    return f"{n} report{'' if n == 1 else 's'}"


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in columns:
        table.add_column(name, overflow="fold")
    return table


def _say(text: str) -> None:
    Console(highlight=False).print(Text(text))


def _json(value: object) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))  # noqa: T201 -- machines read it
