"""A first look at a table: statistics against oracles, planted leaks and proxies with clean twins, and odd tables."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from scipy.stats.contingency import association

from audit.association import best_cut, cramers_v, table
from audit.look import Look, look
from audit.shared_rows import Alike, shared


def people(n=2000, seed=0, leak=False, proxy=False):
    g = np.random.default_rng(seed)
    sex = g.choice(["female", "male"], n)
    y = (g.random(n) < 0.2).astype(int)
    return pd.DataFrame({
        "person_id": np.arange(n) + 1000,
        "sex": sex,
        "age": g.integers(18, 90, n),
        "income": g.lognormal(10, 1, n),
        "job": np.where(g.random(n) < 0.9, np.where(sex == "male", "smith", "nurse"), "clerk") if proxy
        else g.choice(["smith", "nurse", "clerk"], n),
        "paid_late_days": y * 30 + g.integers(0, 29, n) if leak else g.integers(0, 60, n),
        "risk_score": g.random(n),
        "default_label": y,
        "seen_on": pd.Timestamp("2024-01-01") + pd.to_timedelta(g.integers(0, 300, n), unit="D"),
    })  # fmt: skip


def role(found, name):
    return [one.column for one in found.candidates if one.role == name]


@pytest.mark.parametrize("seed", range(5))
def test_cramers_v_is_scipys_without_the_correction(seed):
    cells = np.random.default_rng(seed).integers(1, 40, (seed + 2, 4))
    assert cramers_v(cells, corrected=False) == pytest.approx(association(cells, method="cramer"))


def test_cramers_v_in_closed_form():
    n = 200
    # phi^2 = 1, r = k = 2: (1 - 1/(n-1)) / (2 - 1/(n-1) - 1) = 1
    assert cramers_v(np.array([[100, 0], [0, 100]])) == pytest.approx(1)
    assert cramers_v(np.array([[50, 50], [50, 50]])) == 0
    cells = np.array([[70, 30], [40, 60]])
    phi = (70 * 60 - 30 * 40) ** 2 / (100 * 100 * 110 * 90)
    assert cramers_v(cells) == pytest.approx(np.sqrt((phi - 1 / (n - 1)) / (1 - 1 / (n - 1))))


def test_the_correction_takes_away_what_many_levels_bring():
    g = np.random.default_rng(0)
    cells = table(g.integers(0, 200, 1000), g.integers(0, 2, 1000))
    assert cramers_v(cells, corrected=False) > 0.35
    assert cramers_v(cells) < 0.15


def test_the_best_cut_is_that_of_all_cuts():
    g = np.random.default_rng(0)
    x, y = g.integers(0, 12, 60).astype(float), g.integers(0, 2, 60)
    all_cuts = [abs(np.corrcoef(x < cut, y)[0, 1]) for cut in np.unique(x)[1:]]
    assert best_cut(x, y) == pytest.approx(max(all_cuts))
    assert best_cut(np.array([1.0, np.nan, 2.0]), np.array([0, 1, 1])) == pytest.approx(1)


def test_every_part_is_found():
    found = look(people())
    assert role(found, "group") == ["sex", "age"]
    assert role(found, "truth") == ["default_label"]
    assert role(found, "score") == ["risk_score"]
    assert role(found, "id") == ["person_id"]
    assert role(found, "time") == ["seen_on"]
    (imbalance,) = found.imbalance
    assert imbalance.rarest == "1"
    assert imbalance.share == pytest.approx(0.2, abs=0.03)
    assert all(sentence.endswith((".", "?")) for sentence in found.sentences)
    assert all(column.sentence.endswith(".") for column in found.columns)


def test_a_leak_is_found_and_its_clean_twin_has_none():
    assert [(one.truth, one.column) for one in look(people(leak=True)).leaks] == [("default_label", "paid_late_days")]
    assert look(people()).leaks == ()


def test_a_proxy_is_found_and_its_clean_twin_has_none():
    (one,) = [one for one in look(people(proxy=True)).proxies if one.group == "sex"]
    assert one.column == "job"
    assert one.n == 2000
    assert one.association > 0.8
    assert look(people()).proxies == ()


def test_proxies_come_strongest_first():
    frame = people(proxy=True)
    frame["uniform"] = frame["sex"].map({"male": "a", "female": "b"})
    named = [one.column for one in look(frame).proxies if one.group == "sex"]
    assert named == ["uniform", "job"]


def test_given_roles_go_before_guesses():
    frame = people()
    found = look(frame, roles={"job": "group", "age": "input", "paid_late_days": "truth"})
    assert role(found, "group") == ["job", "sex"]
    assert role(found, "truth") == ["paid_late_days"]
    with pytest.raises(ValueError, match="no column 'nothing'"):
        look(frame, roles={"nothing": "group"})
    with pytest.raises(ValueError, match="'protected' is no role"):
        look(frame, roles={"sex": "protected"})


@pytest.mark.parametrize(
    ("name", "values", "attribute"),
    [
        ("Geschlecht", ["w", "m"], "sex"),
        ("c1", ["Male", "Female"], "sex"),
        ("c2", ["White", "Black", "Asian"], "race or ethnicity"),
        ("c3", ["married", "single", "widowed"], "marital status"),
        ("c4", ["18-24", "25-34", "35-44", "45+"], "age"),
        ("religión", ["a", "b"], "religion"),
        ("Staatsangehörigkeit", ["DE", "FR"], "nationality"),
        ("is_disabled", [0, 1], "disability"),
        ("nothing", ["black", "white", "red"], ""),
        ("page", [1, 2, 3], ""),
    ],
)
def test_groups_are_known_by_name_or_by_values(name, values, attribute):
    found = look(pd.DataFrame({name: values * 20}))
    assert [one.attribute for one in found.candidates if one.role == "group"] == ([attribute] if attribute else [])


def test_kinds_of_columns():
    g = np.random.default_rng(0)
    frame = pd.DataFrame({
        "number": g.normal(size=300), "whole": g.integers(0, 90, 300), "level": g.choice(list("abc"), 300),
        "flag": g.choice(["yes", "no"], 300), "same": 1, "empty": None, "key": [f"k{at}" for at in range(300)],
        "day": ["2024-01-01", "2024-01-02", "2024-02-03"] * 100, "nested": [[at] for at in range(300)],
        "story": [f"this is a rather long text number {at}" for at in range(300)],
        "many": [f"v{at % 200}x" for at in range(300)],
    })  # fmt: skip
    kinds = {one.name: one.kind for one in look(frame).columns}
    assert kinds == {
        "number": "number", "whole": "number", "level": "category", "flag": "boolean", "same": "constant",
        "empty": "constant", "key": "id", "day": "date", "nested": "other", "story": "text", "many": "text",
    }  # fmt: skip


def test_numbers_and_levels_are_described():
    frame = pd.DataFrame({"x": [1.0, 2.0, np.inf, np.nan, 9.0], "s": ["b", "a", "b", None, "b"]})
    x, s = look(frame).columns
    assert (x.least, x.median, x.most, x.infinite, x.missing, x.distinct) == (1, 2, 9, 1, 1, 4)
    assert s.levels == (("b", 3), ("a", 1))
    assert s.top_share == 0.75


def test_copies_within_and_between_tables_are_counted_exactly():
    g = np.random.default_rng(0)
    one = pd.DataFrame(g.integers(0, 3, (200, 4)), columns=list("abcd"))
    other = pd.DataFrame(g.integers(0, 3, (50, 4)), columns=list("abcd"))[["d", "b", "a"]].assign(e=1)
    found = look(one, other)
    assert found.duplicate_rows == one.duplicated().sum()
    there = set(other[["a", "b", "d"]].itertuples(index=False, name=None))
    assert found.shared.rows == sum(row in there for row in one[["a", "b", "d"]].itertuples(index=False, name=None))
    assert found.shared.columns == 3
    assert "stand in the other table too" in found.shared.sentence
    assert look(one, other.rename(columns=str.upper)).shared.columns == 0
    assert shared(one, one.astype(float), "abcd") == (200, 200)


def test_copies_of_missing_and_nested_values():
    alike = Alike(3)
    alike.split(np.array([-1, -1, 0]))
    assert alike.copies == 1
    assert look(pd.DataFrame({"a": [[1], [1], {"b": 2}], "c": [None, None, None]})).duplicate_rows == 1


def test_values_that_may_be_personal_are_not_shown():
    frame = pd.DataFrame({
        "contact": ["ada@example.org", "bob@example.org"] * 20, "ssn": [123121234, 219099999] * 20,
        "sex": ["male", "female"] * 20,
    })  # fmt: skip
    found = look(frame)
    written = found.canonical().decode()
    assert {one.column for one in found.personal} == {"contact", "ssn"}
    assert not [secret for secret in ("ada", "bob@", "123121234", "219099999", "171110616") if secret in written]
    assert "values not shown" in found.columns[0].sentence
    assert found.columns[2].levels


ODD = {
    "nothing": pd.DataFrame(),
    "no columns": pd.DataFrame(index=range(3)),
    "no rows": pd.DataFrame({"a": pd.Series(dtype=float), "sex": pd.Series(dtype=str), "y": pd.Series(dtype=int)}),
    "one row": pd.DataFrame({"sex": ["male"], "y": [1], "p": [0.5]}),
    "all missing": pd.DataFrame({"sex": [None] * 40, "y": [np.nan] * 40}),
    "all the same": pd.DataFrame({"sex": ["male"] * 40, "y": [1] * 40}),
    "twice": pd.DataFrame([[1, 2, 3]] * 40, columns=["a", "a", "a (2)"]),
    "odd names": pd.DataFrame([[1, 2, 3, 4]] * 40, columns=[0, None, ("a", 1), np.nan]),
    "two levels of names": pd.DataFrame([[1, 2]] * 40, columns=pd.MultiIndex.from_tuples([("a", 1), ("a", 2)])),
    "mixed": pd.DataFrame({"a": [1, "1", None, 2.5, True, b"x", (1,), "male"] * 5, "y": [0, 1] * 20}),
    "nested": pd.DataFrame({"a": [[1], {"b": [2]}, None, {1}] * 10, "sex": ["male", "female"] * 20}),
    "infinite": pd.DataFrame({"a": [np.inf, -np.inf] * 20, "y": [0, 1] * 20, "b": [1e308, -1e308] * 20}),
    "levels": pd.DataFrame({"sex": ["male", "female"] * 1000, "c": [f"l{at % 200}" for at in range(2000)]}),
    "types": pd.DataFrame({
        "category": pd.Categorical(["x", "y"] * 20), "numbers": pd.Categorical([1, 2] * 20),
        "nullable": pd.array([1, None] * 20, dtype="Int64"), "maybe": pd.array([True, None] * 20, dtype="boolean"),
        "zone": pd.date_range("2024-01-01", periods=40, tz="Europe/Berlin"), "span": pd.to_timedelta(range(40), unit="D"),
        "period": pd.period_range("2024-01", periods=40, freq="M"), "complex": np.arange(40) * 1j,
        "surrogate": pd.Series(["\ud800", "b"] * 20, dtype=object), "sparse": pd.arrays.SparseArray([0, 1] * 20), "sex": ["male", "female"] * 20,
        "interval": pd.interval_range(0, 40),
    }),
    "index": pd.DataFrame({"sex": ["male", "female"] * 20, "y": [0, 1] * 20}, index=[0] * 40),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_odd_tables_are_looked_at_all_the_same(name):
    frame = ODD[name]
    found = look(frame, frame.iloc[::2])
    assert found.rows == len(frame)
    assert len(found.columns) == frame.shape[1]
    assert len({one.name for one in found.columns}) == frame.shape[1]
    assert Look.model_validate_json(found.canonical()) == found
    assert all(found.sentences)
    assert found == look(frame, frame.iloc[::2])


def test_a_wide_table_takes_seconds():
    g = np.random.default_rng(0)
    numbers = pd.DataFrame(g.normal(size=(2000, 3000)).round(2))
    texts = pd.DataFrame(g.choice([f"v{at}" for at in range(30)], (2000, 2000))).add_prefix("t")
    frame = pd.concat([numbers, texts, people()], axis=1)
    start = time.process_time()
    found = look(frame)
    assert time.process_time() - start < 40
    assert any("first 400 of" in sentence for sentence in found.left_out)
