"""What views make of records: sentences and frames in which nothing is hidden."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import stores

from audit import policy
from audit.judge import judge
from audit.report import Exhibit, Report
from dashboard import figures, views
from dashboard.theme import LIGHT
from models import task as tasks
from storage.archive import Archive


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    archive = stores.archive(tmp_path_factory.mktemp("store"))
    return stores.keep(archive, stores.card("mortgage", 1), stores.draw("mortgage", 1.6, 3.0), stores.START)


@pytest.fixture(scope="module")
def judgement(report: Report) -> policy.Judgement:
    return judge(report, policy.read("default"), tasks.read("mortgage"))


def test_every_measure_is_a_row_with_its_interval_or_its_reason(report: Report, judgement: policy.Judgement) -> None:
    frame = views.measures(report, judgement)
    assert list(frame["id"]) == [one.id(report.key) for one in report.measures()]
    without = frame[frame["value"].isna()]
    assert (without["reason"] != "").all()
    assert not frame["text"].str.contains("nan|None").any()
    assert not frame["text"].str.contains(r"\d\.\d{7,}").any(), "a raw float"


def test_every_verdict_appears_once_with_why(judgement: policy.Judgement) -> None:
    dimensions = dict.fromkeys(one.dimension for one in judgement.verdicts)
    frames = [views.verdicts(judgement, one) for one in dimensions]
    assert sum(map(len, frames)) == len(judgement.verdicts)
    assert all((frame["why"] != "").all() for frame in frames)


def test_verdicts_begin_with_what_needs_a_person(judgement: policy.Judgement) -> None:
    said = list(views.verdicts(judgement, "fairness")["outcome"])
    assert "fail" in said, "the drawn model is unfair"
    assert said == sorted(said, key=policy.ORDER.index)


def test_every_question_is_measured_or_named_as_not(report: Report, judgement: policy.Judgement) -> None:
    silent = views.silent(report, judgement)
    measured = {one.question.code for one in report.answers if one.status == "measured"}
    assert measured | set(silent["code"]) >= {one.question.code for one in report.answers}
    assert (silent["why"] != "").all()


def test_the_summary_counts_verdicts_and_questions(report: Report, judgement: policy.Judgement) -> None:
    text = views.summary(report, judgement)
    assert f"{judgement.count('fail')} fail" in text
    assert f"Of {len(report.answers)} questions" in text
    assert "No policy has judged" in views.summary(report, None)


def test_a_setting_with_a_space_is_one_setting() -> None:
    assert views.label("calibration.ece", "bins=15 kind=top label") == "ECE · bins 15, kind top label"


def test_a_comparison_is_worst_first_and_says_points(tmp_path: Path) -> None:
    archive = stores.archive(tmp_path)
    first = stores.card("mortgage", 1)
    before = stores.keep(archive, first, stores.draw("mortgage", 1.6, 0.2, n=400), stores.START)
    after = stores.keep(
        archive, stores.card("mortgage", 2, parent=first.digest), stores.draw("mortgage", 0.6, 2.0, n=400),
        stores.START + timedelta(days=1), before,
    )  # fmt: skip
    found = views.comparison(archive, before, after)
    frame = views.differences(found)
    assert frame["outcome"].iloc[0] == "worse"
    accuracy = frame[frame["label"] == "Accuracy"].iloc[0]
    assert accuracy["text"].startswith("−")
    assert "points" in accuracy["text"]
    flips = views.flips(found)
    by_sex = flips[flips["group"].str.startswith("sex")]
    assert by_sex["broken"].sum() == found.negative_flips
    assert by_sex["n"].sum() == found.n


def test_rows_that_were_not_kept_are_a_sentence(tmp_path: Path, report: Report) -> None:
    with pytest.raises(ValueError, match="kept no row evidence; audit mortgage@1 again"):
        views.evidence(
            Archive(f"sqlite:///{tmp_path / 'store.db'}", tmp_path), report.model_copy(update={"rows": None})
        )


def test_a_change_since_the_parent_is_in_points_with_its_sign_and_so_is_its_limit() -> None:
    against = policy.Rule(
        measure="accuracy.accuracy", against="parent", at_least=-0.02, rationale="By hand, for a test."
    )
    given = {"id": "v-x", "rule": against, "limit": -0.02, "n": 900, "dimension": "accuracy", "reason": "So."}
    lost = policy.Verdict(value=-0.031, low=-0.05, high=-0.012, outcome="unsure", **given)
    won = policy.Verdict(value=0.031, low=0.012, high=0.05, outcome="pass", **given)
    assert figures.found(lost) == "−3.1\u202fpoints [−5.0, −1.2]"
    assert figures.found(won) == "+3.1\u202fpoints [1.2, 5.0]"
    assert figures.unit_of(lost) == "points"
    assert views.limit_of(lost) == "at least −2\u202fpoints"
    own = lost.model_copy(update={"rule": against.model_copy(update={"against": "report"})})
    assert figures.unit_of(own) == "%"


def test_what_changed_names_remedy_and_differences() -> None:
    parent = stores.card("mortgage", 1)
    child = stores.card("mortgage", 2, parent=parent.digest, remedy="reductions")
    assert views.changed(child, parent) == "Made from mortgage@1 by reductions; all else the same."
    assert "other seed" in views.changed(child.model_copy(update={"seed": 8}), parent)
    assert views.changed(parent, None) == "First of its line, trained on mortgage."
    assert "not kept here" in views.changed(child, None)


@pytest.mark.parametrize(
    ("ago", "said"),
    [(timedelta(seconds=5), "just now"), (timedelta(hours=1), "1 hour ago"), (timedelta(days=3), "3 days ago")],
)
def test_age_is_said_in_the_largest_whole_unit(ago: timedelta, said: str) -> None:
    now = datetime(2026, 5, 4, tzinfo=UTC)
    assert views.age(now - ago, now) == said


def test_an_exhibit_is_drawn_or_is_a_table_without_blanks() -> None:
    curve = Exhibit(
        name="robustness.pgd_curve", title="Fewer are right", columns=("epsilon", "accuracy", "low", "high"),
        rows=((0.0, 0.9, 0.85, 0.95), (0.1, 0.4, 0.3, 0.5)), chart="curve", unit="share decided right",
    )  # fmt: skip
    assert views.drawn(curve, LIGHT) is not None
    table = curve.model_copy(update={"chart": "table", "rows": ((0.1, None, 0.3, 0.5),)})
    assert views.drawn(table, LIGHT) is None
    assert "–" in views.exhibit(table).iloc[0].tolist()


def test_an_axis_that_is_no_share_is_not_a_percentage() -> None:
    table = Exhibit(
        name="x", title="x", columns=("epsilon", "accuracy"), rows=((0.1, 0.5),), unit="share decided right"
    )
    assert views.exhibit(table).iloc[0].tolist() == ["0.100", "50.0\u202f%"]
