"""What a search for parts of the data on which a version errs more has looked at, found and cleared."""

from __future__ import annotations

from typing import Any

import pandas as pd

from audit.report import Answer, Exhibit, Report
from dashboard import figures
from dashboard.views.wording import readable

CODE = "ACC003"
TESTED = "accuracy.slices_tested"
WORSE, UNTOLD = "worse", "cannot tell"
ID_OF = "accuracy.slice_excess"


def search(report: Report) -> Answer | None:
    """The answer to the question about slices; ``None`` where the report was made without asking it."""
    return next((one for one in report.answers if one.question.code == CODE), None)


def slices(report: Report) -> pd.DataFrame:
    """One row per part that was tested, the largest excess first: error inside and outside, excess, p, verdict, id."""
    answer = search(report)
    shown = _tested(answer) if answer else None
    names = ["slice", "n", "error", "low", "high", "error outside", "excess", "excess low", "excess high", "p adjusted", "verdict"]  # fmt: skip
    frame = pd.DataFrame(list(shown.rows) if shown else [], columns=list(shown.columns) if shown else names)
    ids = {one.slice_text: one.id(report.key) for one in report.measures() if one.name == ID_OF}
    return frame.assign(id=frame["slice"].map(ids)).sort_values(
        "excess", ascending=False, kind="stable", ignore_index=True
    )


def drawable_slices(frame: pd.DataFrame) -> pd.DataFrame:
    """The same as rows of a forest plot; a part that could not be tested has none."""
    frame = frame[frame["excess"].notna()]
    text = [f"{readable(one)}, n = {figures.count(int(n))}" for one, n in zip(frame["slice"], frame["n"], strict=True)]
    return pd.DataFrame(
        {
            "label": text, "value": frame["excess"], "low": frame["excess low"], "high": frame["excess high"],
            "n": frame["n"], "outcome": frame["verdict"],
        }
    ).astype({"value": float, "low": float, "high": float})  # fmt: skip


def tabled_slices(frame: pd.DataFrame) -> pd.DataFrame:
    """The same as text: no raw floats."""

    def share(row: Any, *names: str) -> str:
        return figures.with_interval(*(_known(row[name]) for name in names), rate=True)

    rows = [
        {
            "slice": readable(row["slice"]),
            "n": figures.count(int(row["n"])),
            "inside": share(row, "error", "low", "high"),
            "outside": figures.number(_known(row["error outside"]), rate=True),
            "excess": figures.with_interval(
                *(_known(row[name]) for name in ("excess", "excess low", "excess high")), rate="points"
            ).replace("-", "−"),
            "p": figures.p_value(_known(row["p adjusted"])),
            "verdict": row["verdict"],
            "id": row["id"],
        }
        for _, row in frame.iterrows()
    ]
    return pd.DataFrame(rows, columns=["slice", "n", "inside", "outside", "excess", "p", "verdict", "id"])


def slices_sentence(frame: pd.DataFrame) -> str:
    """How many parts were tested, how many err more, and by how much the worst; size before significance."""
    if frame.empty:
        return "The search proposed no part of the data to test."
    worse, untold = frame[frame["verdict"] == WORSE], int((frame["verdict"] == UNTOLD).sum())
    clean = len(frame) - len(worse) - untold
    silent = f" {_untested(untold)}" if untold else ""
    if untold == len(frame):
        return _untested(untold)
    told = f"{_parts(len(frame) - untold)} tested on the half that the search did not see"
    if worse.empty:
        return f"{told}: none errs more than the rest beyond chance.{silent}"
    top = worse.iloc[0]
    text = tabled_slices(worse.head(1)).iloc[0]
    rest = f"; {clean} {'was' if clean == 1 else 'were'} clean" if clean else ""
    return (
        f"Where {readable(top['slice'])} (n = {text['n']}), the version errs in {text['inside']} of cases, elsewhere in "
        f"{text['outside']}. {told}: {len(worse)} err{'s' if len(worse) == 1 else ''} more than the rest beyond chance{rest}.{silent}"
    )


def slices_title(frame: pd.DataFrame) -> str:
    """What to see in the plot of slices."""
    worse = int((frame["verdict"] == WORSE).sum())
    tested = int((frame["verdict"] != UNTOLD).sum())
    if not worse:
        return f"None of {tested} parts of the data errs more than the rest beyond chance"
    top = frame[frame["verdict"] == WORSE].iloc[0]
    return f"{worse} of {tested} parts of the data err more than the rest, most where {readable(top['slice'])}"


def _untested(n: int) -> str:
    side = "of it" if n == 1 else "of each"
    return f"{_parts(n)} proposed and could not be tested: every row of the half that tests lies on one side {side}."


def _parts(n: int) -> str:
    return "One part of the data was" if n == 1 else f"{n} parts of the data were"


def searched(answer: Answer) -> bool:
    """Whether an answer holds the slices that were tested."""
    return _tested(answer) is not None


def _tested(answer: Answer) -> Exhibit | None:
    return next((one for one in answer.exhibits if one.name == TESTED), None)


def _known(value: object) -> float | None:
    return None if pd.isna(value) else float(value)  # type: ignore[call-overload, arg-type]
