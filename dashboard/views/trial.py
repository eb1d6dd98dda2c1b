"""What a draft of a policy would change, in sentences and tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import pandas as pd

from audit.trial import Trial
from dashboard import figures

GATES = {True: "open", False: "shut", None: figures.DASH}


def sentences(title: str, found: Sequence[Trial]) -> Iterator[str]:
    """On how many reports it was tried, and how many gates it would close or open."""
    times = Counter((one.before, one.after) for one in found)
    yield f"{title} on {of_reports(len(found))}; nothing was kept."
    for (before, after), one in (((True, False), "would close"), ((False, True), "would open")):
        yield f"{times[before, after]} gates that were {GATES[before]} {one}."
    unsaid = sum(count for (_, after), count in times.items() if after is None)
    new = sum(count for (before, after), count in times.items() if before is None and after is not None)
    stay = times[True, True] + times[False, False]
    more = [f"{unsaid} cannot be told"] * bool(unsaid) + [f"{new} were never judged before"] * bool(new)
    yield "; ".join([f"{stay} stay as they were", *more]) + "."


def verdicts(found: Sequence[Trial]) -> pd.DataFrame:
    """Verdicts that would be others, by rule, with the number of reports; the most frequent first."""
    times = Counter((one.about, one.setting, one.before, one.after) for each in found for one in each.changes)
    rows = [
        {"rule": about, "setting": "" if setting in about else setting, "was": before, "would be": after, "reports": n}
        for (about, setting, before, after), n in times.most_common()
    ]
    return pd.DataFrame(rows, dtype=object)


def gates(found: Sequence[Trial]) -> pd.DataFrame:
    """Versions whose gate would be another one."""
    rows = [
        {"version": one.title, "report": one.report, "was": GATES[one.before], "would be": GATES[one.after]}
        for one in found
        if one.before != one.after
    ]
    return pd.DataFrame(rows)


def untried(found: Sequence[Trial]) -> list[tuple[str, int]]:
    """Why something was not tried, and in how many reports."""
    return Counter(why for one in found for why in one.not_tried).most_common()


def of_reports(n: int) -> str:
    return f"{n} report{'' if n == 1 else 's'}"
