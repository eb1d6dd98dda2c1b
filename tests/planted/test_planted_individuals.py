"""FAI007 and FAI008: neighbours against aif360, and a model that reads the group or its proxy against its clean twin."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import clean, decides_by_origin, unfair
from small_models import Case

from audit.catalogue import select
from audit.checks.consistency import effective, nearest
from audit.counterfactual import as_if, associations
from audit.evidence import Groups, Predictions, Table, Training
from audit.measure import Measure
from audit.report import Answer
from audit.run import ask


def asked(code: str, case: Case, **changed: object) -> Answer:
    evidence = dict(case.subject.evidence)
    for kind in list(evidence):
        if kind.__name__ in changed:
            evidence[kind] = changed[kind.__name__]
    return ask(select([code])[0], evidence, 0)


def one(answer: Answer, name: str, setting: str, slice: str = "") -> Measure:
    assert answer.status == "measured", answer.reason
    (found,) = (m for m in answer.measures if (m.name, m.setting_text, m.slice_text) == (name, setting, slice))
    return found


class TestConsistency:
    def test_it_is_that_of_aif360(self) -> None:
        from aif360.sklearn.metrics import consistency_score

        draw = np.random.default_rng(0)
        points, decision = draw.normal(size=(300, 4)), draw.integers(0, 2, 300)
        near = nearest(points, 4)
        ours = 1 - (decision[near] != decision[:, None]).mean()
        theirs = consistency_score(points, decision, n_neighbors=5)  # aif360 counts the point itself
        assert ours == pytest.approx(1 - (1 - theirs) * 5 / 4, abs=1e-12)

    def test_the_interval_is_at_least_as_wide_as_other_samples_of_the_people_vary(self) -> None:
        draw, found = np.random.default_rng(1), []
        for _ in range(200):
            points = draw.normal(size=(250, 2))
            decision = (points[:, 0] + 0.3 * draw.normal(size=250) > 0).astype(int)
            near = nearest(points, 5)
            differs = decision[near] != decision[:, None]
            share = differs.mean()
            found.append((1 - share, np.sqrt(share * (1 - share) / effective(near, differs))))
        values, errors = np.array(found).T
        assert values.std() < np.mean(errors) < 1.6 * values.std()

    def test_copies_and_constant_decisions_are_consistent(self) -> None:
        near = nearest(np.zeros((20, 3)), 5)
        assert near.shape == (20, 5)
        assert (near != np.arange(20)[:, None]).all()
        assert effective(near, np.zeros((20, 5), dtype=bool)) == pytest.approx(20 / 6)

    def test_a_table_is_measured_and_images_do_not_apply(self, loans: Case, shapes: Case) -> None:
        found = one(asked("FAI007", loans), "fairness.individual_consistency", "neighbours=5")
        assert 0.5 < found.value <= 1  # type: ignore[operator]
        assert asked("FAI007", shapes).status == "not_applicable"


class TestCounterfactual:
    NAME = "fairness.counterfactual_flip_rate"

    def test_a_model_that_reads_the_group_flips_and_its_twin_does_not(self, tmp_path: Path) -> None:
        flawed = asked("FAI008", decides_by_origin(tmp_path / "flawed"))
        found = one(flawed, self.NAME, "by=origin change=group")
        assert found.intervals[-1].low > 0.05  # type: ignore[operator]
        assert found.note == "changed: origin"
        twin = asked("FAI008", clean(tmp_path / "clean"))
        rate = one(twin, self.NAME, "by=origin change=proxies")
        assert rate.value < 0.05  # type: ignore[operator]

    def test_a_model_that_treats_a_group_worse_by_its_district_is_found(self, tmp_path: Path) -> None:
        flawed = asked("FAI008", unfair(tmp_path))
        assert "district" in one(flawed, "data.proxy_association", "by=origin").note
        worse = one(flawed, self.NAME, "by=origin change=proxies")
        assert worse.intervals[-1].low > 0.05  # type: ignore[operator]
        towards, away = (
            one(flawed, self.NAME, f"by=origin change=proxies to={to}").value for to in ("favourable", "unfavourable")
        )
        assert towards + away == pytest.approx(worse.value)  # type: ignore[operator]

    def test_weights_and_people_with_several_rows_count_as_elsewhere(self, tmp_path: Path) -> None:
        case = decides_by_origin(tmp_path)
        said, key = case.subject.evidence[Predictions], (self.NAME, "by=origin change=group")
        plain = one(asked("FAI008", case), *key)
        weight = np.random.default_rng(0).uniform(0.5, 3, len(said.truth))
        weighted = one(asked("FAI008", case, Predictions=replace(said, weight=weight)), *key)
        flips = plain.counts[0].k / plain.counts[0].n
        assert weighted.value != pytest.approx(flips, abs=1e-6)
        assert weighted.value == pytest.approx(flips, abs=0.1)
        assert weighted.counts[0].n < plain.counts[0].n
        twice = one(asked("FAI008", case, Predictions=replace(said, unit=np.arange(len(said.truth)) // 2)), *key)
        assert twice.value == pytest.approx(plain.value)
        assert "effective" in twice.note

    def test_groups_too_small_to_know_what_is_usual_in_them_have_a_reason(self, tmp_path: Path) -> None:
        case = clean(tmp_path)
        evidence, labels = case.subject.evidence, case.test.groups["origin"].to_numpy(dtype=object).copy()
        labels[:7] = "north"
        answer = asked("FAI008", case, Groups=Groups({"origin": labels, "age": labels}, ()))
        tiny = one(answer, self.NAME, "by=origin change=proxies", "origin=north")
        assert (tiny.value, tiny.n) == (None, 7)
        assert "fewer than 30 training rows" in tiny.reason
        whole = one(answer, self.NAME, "by=origin change=proxies")
        assert whole.n == len(evidence[Predictions].truth) - 7
        assert "nothing to change for north" in whole.note
        assert "does not record age" in one(answer, self.NAME, "by=age change=proxies").reason

    def test_where_one_group_alone_could_lend_its_values_it_says_so(self, tmp_path: Path) -> None:
        case = clean(tmp_path)
        alone = replace(case.train, groups=case.train.groups.assign(origin=["west"] * 2990 + [None] * 10))
        answer = asked("FAI008", case, Training=Training(alone, case.test))
        assert "there is: west" in one(answer, self.NAME, "by=origin change=proxies").reason

    def test_associations_are_those_of_scipy_and_a_plain_formula(self) -> None:
        from scipy.stats.contingency import association

        draw = np.random.default_rng(0)
        group = draw.choice(np.array(["a", "b", "c"], dtype=object), 500)
        kind = np.where(draw.random(500) < 0.5, group, draw.choice(["a", "b"], 500))
        value = draw.normal(size=500) + (group == "c")
        found = associations(pd.DataFrame({"kind": kind, "value": value, "still": 1.0}), group)
        table = pd.crosstab(kind, group).to_numpy()
        assert found["kind"] == pytest.approx(association(table, method="cramer"), rel=1e-12)
        means = pd.Series(value).groupby(group).transform("mean")
        assert found["value"] == pytest.approx(means.std(ddof=0) / value.std(), rel=1e-12)
        assert found["still"] == 0.0
        assert next(iter(found)) == "kind"

    def test_people_as_if_of_another_group_have_that_groups_values_and_keep_their_rank(self) -> None:
        draw = np.random.default_rng(0)
        group = draw.choice(np.array(["a", "b"], dtype=object), 4000)
        b = group == "b"
        frame = pd.DataFrame(
            {
                "income": draw.normal(0, 1, 4000) + 2 * b,
                "town": np.where(draw.random(4000) < np.where(b, 0.8, 0.3), "x", "y"),
            }
        )
        moved = as_if(frame, group, "b", ["income", "town"], frame, group, 0)
        a = ~b
        assert moved["income"][a].mean() == pytest.approx(frame["income"][b].mean(), abs=0.03)
        assert (moved["town"][a] == "x").mean() == pytest.approx((frame["town"][b] == "x").mean(), abs=0.03)
        order = np.argsort(frame["income"][a].to_numpy())
        assert (np.diff(moved["income"][a].to_numpy()[order]) >= 0).all()
        pd.testing.assert_frame_equal(moved[b], frame[b], check_dtype=False)
        stayed = (moved["town"][a] == frame["town"][a]).mean()
        assert stayed == pytest.approx(0.5, abs=0.03)  # 1 less the distance of the two shares, the most there can be

    def test_missing_values_unknown_groups_and_tiny_groups_stay_as_they_are(self) -> None:
        frame = pd.DataFrame({"x": [1.0, np.nan, 3.0, 4.0], "c": ["u", None, "v", "u"]})
        group = np.array(["a", "a", "tiny", "unknown"], dtype=object)
        seen = pd.DataFrame({"x": np.arange(80.0), "c": ["u", "v"] * 40})
        seen_group = np.array(["a", "b"] * 40, dtype=object)
        moved = as_if(frame, group, "b", ["x", "c"], seen, seen_group, 0)
        assert np.isnan(moved["x"][1])
        assert moved["x"][2] == 3.0
        assert (moved["c"][2], moved["c"][3]) == ("v", "u")

    def test_without_rows_or_groups_it_does_not_apply(self, loans: Case, plants: Case) -> None:
        assert asked("FAI008", plants).status == "not_applicable"
        assert Table in loans.subject.evidence
        assert Groups in loans.subject.evidence
        assert Predictions in loans.subject.evidence
