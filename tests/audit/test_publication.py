"""Published audits: what is read, and that only what contradicts itself is found."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from audit.publication.finding import Finding, Linted
from audit.publication.form import LARGEST, Publication, read
from audit.publication.lint import FRAMEWORK, lint, rules

TODAY = date(2024, 6, 1)
VECTORS = dict(zip(("sex", "race", "intersection"), yaml.safe_load(FRAMEWORK.read_text())["test_vectors"], strict=True))
HEAD = {
    "audit_date": "2024-03-01", "distribution_date": "2024-01-15", "data_source": "The records of 2023.",
    "unknown": {"sex": "10", "race": "20", "union": "25"},
}  # fmt: skip


def audit(*tables: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**HEAD, "tables": list(tables), **changes}


def table(kind: str, *rows: tuple[Any, ...], **more: Any) -> dict[str, Any]:
    """Rows of group, n, rate, ratio and, maybe, more fields."""
    made = [
        {"group": row[0], "n": row[1], "rate": row[2], "published_ratio": row[3], **(row[4] if len(row) > 4 else {})}
        for row in rows
    ]
    return {"table": kind, "rows": made, **more}


def linted(document: dict[str, Any], today: date = TODAY) -> Linted:
    return lint(Publication.model_validate(document), today)


def found(document: dict[str, Any], today: date = TODAY) -> list[tuple[int, str, str]]:
    """Rule, table and first category of every finding."""
    return [(one.rule, one.table, one.rows[0] if one.rows else "") for one in linted(document, today).findings]


def vector(*names: str) -> dict[str, Any]:
    """The published rows; that small categories are left out is justified, which the vectors do not hold."""
    return audit(*({"table": one, "rows": VECTORS[one]["rows"], "justification": "Under 2 %."} for one in names))


class TestPublishedVectors:
    def test_the_table_of_sex_adds_up(self) -> None:
        assert found(vector("sex")) == []

    def test_the_table_of_race_has_one_slip(self) -> None:
        (one,) = linted(vector("race")).findings
        assert (one.rule, one.rows, one.printed) == (1, ("Black or African American",), "0.866")
        assert one.arithmetic == "0.762 / 0.86 = 0.886"

    def test_a_tiny_group_does_not_set_the_benchmark(self) -> None:
        assert found(vector("intersection")) == []
        tiny = {**VECTORS["intersection"], "rows": [dict(row) for row in VECTORS["intersection"]["rows"]]}
        for row in tiny["rows"]:  # the same rates divided by the 1.0 of one person who is left out
            if row["published_ratio"] is not None:
                row["published_ratio"] = row["rate"]
        rows = {"table": "intersection", "rows": tiny["rows"], "justification": "Under 2 %."}
        (one,) = linted(audit(rows)).findings
        assert (one.rule, one.rows) == (3, ("Female - Native American or Alaskan Native",))
        assert one.arithmetic == "0.861 (Female - Hispanic or Latino)"

    def test_the_tables_contradict_each_other(self) -> None:
        told = {(one.rule, one.rows[0]): one for one in linted(vector(*VECTORS)).findings}
        asian, black = "Asian", "Black or African American"
        assert set(told) == {(1, black), (5, asian), (5, black), (5, "Female"), (6, asian), (6, black)}
        assert told[5, asian].arithmetic == "924 + 697 = 1,621"
        assert told[5, asian].printed == "1,184"
        assert "if the cells of Asian and White were exchanged" in told[6, asian].sentence
        assert "rates of 0.772 to 0.774 in its cells cannot average to 0.835" in told[6, asian].sentence
        assert "hold 1,614 people (807 + 807), more than the 1,070 it has itself" in told[5, black].sentence
        assert "printed alike (n = 807, rate 0.756)" in told[5, black].sentence
        assert "2,181 people" in told[5, "Female"].sentence  # as the copied row makes it

    def test_nothing_is_passed_over_in_silence(self) -> None:
        assert linted(vector(*VECTORS)).unchecked == ()
        assert linted(vector("race")).unchecked == (
            "Rules 5 and 6: there is no table of the intersection beside race.",
        )


CLEAN = table("race", ("a", 500, "0.500", "1.000"), ("b", 500, "0.450", "0.900"))


class TestRules:
    def test_there_are_eight(self) -> None:
        assert len(rules()) == 8
        assert found(audit(CLEAN)) == []

    def test_2_a_ratio_above_one(self) -> None:
        rows = [("a", 500, "0.500", "1.000"), ("b", 500, "0.450", "0.900"), ("c", 9, "0.667", "1.333", {"excluded": "yes", "justification": "Small."})]  # fmt: skip
        assert found(audit(table("race", *rows))) == [(2, "race", "c")]
        rows[0] = (*rows[0], {"benchmark": "yes"})
        assert found(audit(table("race", *rows))) == []

    def test_3_a_stated_benchmark_that_is_not_the_highest(self) -> None:
        rows = ("a", 500, "0.500", "1.111"), ("b", 500, "0.450", "1.000", {"benchmark": "yes"})
        assert found(audit(table("race", *rows))) == [(3, "race", "b")]

    def test_3_unknown_people_as_the_benchmark(self) -> None:
        rows = ("a", 500, "0.500", "0.833"), ("b", 500, "0.450", "0.750"), ("Unknown", 90, "0.600", "1.000")
        assert found(audit(table("race", *rows))) == [(3, "race", "Unknown")]

    @pytest.mark.parametrize(
        ("row", "told"),
        [
            ((9, "0.667", None), "no justification is given"),
            ((None, "0.667", None, {"justification": "Small."}), "its count must be shown"),
            ((9, None, None, {"justification": "Small."}), "its rate must be shown"),
            ((300, "0.667", None, {"justification": "Small."}), "only categories under 2% may be"),
            ((0, None, None), ""),
            ((9, "0.667", None, {"justification": "Small."}), ""),
        ],
    )
    def test_4_a_category_that_is_left_out(self, row: tuple[Any, ...], told: str) -> None:
        findings = linted(audit(table("race", *map(tuple, _rows(CLEAN)), ("c", *row)))).findings
        assert [one.rule for one in findings] == ([4] if told else [])
        assert all(told in one.sentence for one in findings)

    def test_4_shares_are_of_everybody_unknown_people_among_them(self) -> None:
        rows = [*_rows(CLEAN), ("c", 25, "0.400", None, {"justification": "Small."})]
        assert found(audit(table("race", *rows))) == [(4, "race", "c")]
        assert found(audit(table("race", *rows), unknown={"race": 300})) == []

    def test_5_and_6_know_people_who_are_in_no_cell(self) -> None:
        alone = table("race", ("a", 1000, "0.500", "1.000"), ("b", 500, "0.450", "0.900"))
        cells = [("F - a", 400, "0.600", "1.000"), ("M - a", 400, "0.550", "0.917"), ("F - b", 250, "0.450", "0.750"),
                 ("M - b", 250, "0.450", "0.750")]  # fmt: skip
        assert found(audit(alone, table("intersection", *cells))) == []
        cells[0] = ("F - a", 600, "0.600", "1.000")
        assert found(audit(alone, table("intersection", *cells))) == [(6, "race", "a")]
        cells[0] = ("F - a", 601, "0.450", "1.000")
        assert (5, "race", "a") in found(audit(alone, table("intersection", *cells)))

    @pytest.mark.parametrize("name", ["Female - Asian", "asian & FEMALE", "Female/Asian", "Asian, Female"])
    def test_5_reads_names_whatever_separates_them(self, name: str) -> None:
        alone = table("race", ("Asian", 10, "0.500", "1.000"), ("South Asian", 90, "0.500", "1.000"))
        crossed = table("intersection", (name, 11, "0.500", "1.000"), ("Female - South Asian", 90, "0.500", "1.000"))
        assert found(audit(alone, crossed)) == [(5, "race", "Asian")]

    def test_a_cell_whose_name_says_nothing_is_named_as_unchecked(self) -> None:
        crossed = table("intersection", ("Female - X", 11, "0.500", "1.000"))
        (told,) = linted(audit(CLEAN, crossed)).unchecked
        assert told.startswith("Rules 5 and 6 for intersection, Female - X")

    def test_5_compares_only_tables_of_one_outcome(self) -> None:
        other = table("intersection", ("F - a", 900, "0.500", "1.000"), outcome="leader")
        assert found(audit(CLEAN, other)) == []
        assert len(linted(audit(CLEAN, other)).unchecked) == 2

    @pytest.mark.parametrize(("union", "rule"), [(19, [7]), (20, []), (30, []), (31, [7])])
    def test_7_unknown_people_add_up(self, union: int, rule: list[int]) -> None:
        given = found(audit(CLEAN, unknown={"sex": 10, "race": 20, "union": union}))
        assert [one[0] for one in given] == rule

    @pytest.mark.parametrize(("days", "rule"), [(0, []), (365, []), (366, [8]), (-1, [8])])
    def test_8_age(self, days: int, rule: list[int]) -> None:
        assert [one[0] for one in found(audit(CLEAN), date(2024, 3, 1) + timedelta(days=days))] == rule

    @pytest.mark.parametrize("field", HEAD)
    def test_8_what_must_be_published(self, field: str) -> None:
        document = audit(CLEAN)
        del document[field]
        assert [one[0] for one in found(document)] == [8]

    def test_one_category_and_nobody_selected_are_no_contradiction(self) -> None:
        assert found(audit(table("sex", ("all", 30, "0.500", "1.000")))) == []
        assert found(audit(table("sex", ("a", 30, "0.000", None), ("b", 30, "0.000", None)))) == []
        small = ("c", 1, "1.000", None, {"justification": "Small."})
        assert found(audit(table("race", ("a", 80, "0.000", None), small))) == []


def _rows(made: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(row["group"], row["n"], row["rate"], row["published_ratio"]) for row in made["rows"]]


SEXES, RACES = ["Male", "Female", None], ["White", "Black or African American", "Asian", "Two or More Races", None]
cell = st.one_of(st.integers(0, 5), st.integers(0, 400)).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))
people = st.lists(cell, min_size=len(SEXES) * len(RACES), max_size=len(SEXES) * len(RACES))


def published(drawn: list[tuple[int, int]], digits: int, leave_out: bool) -> dict[str, Any]:
    """The audit that an auditor who makes no mistake publishes of these counts: n and selected per sex and race."""
    counts = {(sex, race): drawn[i * len(RACES) + j] for i, sex in enumerate(SEXES) for j, race in enumerate(RACES)}
    everybody = sum(n for n, _ in drawn)

    def of(keep: Callable[[Any, Any], bool]) -> tuple[int, int]:
        kept = [pair for key, pair in counts.items() if keep(*key)]
        return sum(n for n, _ in kept), sum(k for _, k in kept)

    def made(kind: str, rows: dict[str, tuple[int, int]]) -> dict[str, Any]:
        small = {name for name, (n, _) in rows.items() if leave_out and n < 0.02 * everybody}
        best = max((k / n for name, (n, k) in rows.items() if n and name not in small), default=0)
        return table(
            kind,
            *(
                (
                    name, n, f"{k / n:.{digits}f}" if n else None,
                    f"{k / n / best:.{digits}f}" if n and best and name not in small else None,
                )
                for name, (n, k) in rows.items()
            ),
            justification="Under 2 % of the data.",
        )  # fmt: skip

    sexes = {str(s): of(lambda sex, _, s=s: sex == s) for s in SEXES[:-1]}
    races = {str(r): of(lambda _, race, r=r: race == r) for r in RACES[:-1]}
    cells = {f"{s} - {r}": counts[s, r] for s in SEXES[:-1] for r in RACES[:-1]}
    unknown = {
        "sex": of(lambda sex, _: sex is None)[0], "race": of(lambda _, race: race is None)[0],
        "union": of(lambda sex, race: sex is None or race is None)[0],
    }  # fmt: skip
    return audit(made("sex", sexes), made("race", races), made("intersection", cells), unknown=unknown)


class TestTrueCounts:
    @settings(max_examples=150)
    @given(people, st.integers(1, 4), st.booleans())
    def test_an_audit_without_a_mistake_is_never_accused(
        self, drawn: list[tuple[int, int]], digits: int, leave_out: bool
    ) -> None:
        document = published(drawn, digits, leave_out)
        assert linted(document).findings == ()
        unzeroed = json.loads(json.dumps(document), parse_float=str)
        for one in unzeroed["tables"]:
            for row in one["rows"]:
                row.update({key: row[key] and str(float(row[key])) for key in ("rate", "published_ratio")})
        assert linted(unzeroed).findings == ()

    @settings(max_examples=150)
    @given(people, st.integers(2, 4), st.data())
    def test_one_ratio_changed_beyond_rounding_is_found(
        self, drawn: list[tuple[int, int]], digits: int, data: st.DataObject
    ) -> None:
        document = published(drawn, digits, leave_out=True)
        one = data.draw(st.sampled_from(document["tables"]))
        rows = [row for row in one["rows"] if row["published_ratio"] is not None]
        assume(rows)
        row, half = data.draw(st.sampled_from(rows)), 0.5 * 10**-digits
        best = max(float(each["rate"]) for each in rows)
        assume(best > 4 * half)
        low = (float(row["rate"]) - half) / (best + half) - half
        high = max(1.0, (float(row["rate"]) + half) / (best - half)) + half
        step = 10**-digits
        able = [n for n in range(round(1.5 / step)) if not low - step <= n * step <= high + step]
        assume(able)
        row["published_ratio"] = f"{data.draw(st.sampled_from(able)) * step:.{digits}f}"
        assert any(found.table == one["table"] for found in linted(document).findings)


SHARE = st.one_of(st.none(), st.sampled_from(["0", "0.0", "1", "1.000", "0.5", "33 %", "1e-3", "0.123456789"]))
NAMES = {"sex": ["F", "M", "Unknown"], "race": ["a", "b", "a b", "unknown"]}
NAMES["intersection"] = [f"{sex} - {race}" for sex in NAMES["sex"] for race in NAMES["race"]] + ["x"]


@st.composite
def any_table(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from(NAMES[kind]), min_size=1, unique=True))
    stated = draw(st.sampled_from([None, *names]))
    rows = [
        (
            name, draw(st.one_of(st.none(), st.integers(0, 900))), draw(SHARE),
            draw(st.one_of(SHARE, st.just("3.5"))),
            {"excluded": draw(st.sampled_from([None, "yes", "no"])), "benchmark": "yes" if name == stated else None},
        )
        for name in names
    ]  # fmt: skip
    return table(kind, *rows)


@settings(max_examples=150)
@given(st.tuples(any_table("sex"), any_table("race"), any_table("intersection")), st.integers(1, 3))
def test_whatever_is_printed_is_answered_in_sentences(tables: tuple[dict[str, Any], ...], many: int) -> None:
    found = linted({"tables": list(tables[-many:])})
    for said in (*(one.sentence for one in found.findings), *found.unchecked):
        assert re.fullmatch(r"[A-Z].*[^.]\.", said), said
        assert "nan" not in said
    assert {8} <= {one.rule for one in found.findings}


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


class TestFiles:
    def test_yaml_json_and_csv_say_the_same(self, tmp_path: Path) -> None:
        document = audit(CLEAN, table("sex", ("x", "1,000", "50.0 %", "1.000"), ("y", 1000, "40.0%", "n/a")))
        listed = [
            f'{one["table"]},{row["group"]},"{row["n"]}",{row["rate"]},{row["published_ratio"]}'
            for one in document["tables"]
            for row in one["rows"]
        ]
        head = [f"# {line}" for line in yaml.safe_dump(HEAD).splitlines()]
        texts = {
            "a.yaml": yaml.safe_dump(document),
            "a.json": json.dumps(document),
            "a.csv": "\n".join([*head, "table,group,n,rate,published_ratio", *listed]),
        }
        one, *others = [read(written(tmp_path, name, text)) for name, text in texts.items()]
        assert others == [one, one]
        assert [row.rate and (row.rate.value, row.rate.digits) for row in one.tables[1].rows] == [(0.5, 3), (0.4, 3)]
        assert [row.n for row in one.tables[1].rows] == [1000, 1000]

    def test_zeros_at_the_end_are_kept(self, tmp_path: Path) -> None:
        for name, text in (("a.yaml", "0.860"), ("a.json", "0.860")):
            content = '{"tables": [{"table": "sex", "rows": [{"group": "a", "rate": ' + text + "}]}]}"
            (row,) = read(written(tmp_path, name, content)).tables[0].rows
            assert row.rate
            assert (row.rate.text, row.rate.digits) == ("0.860", 3)

    @pytest.mark.parametrize(
        ("row", "told"),
        [
            ("{group: M, n: -3}", "table 1, row 1, n: -3 is no number from 0 up"),
            ("{group: M, n: .nan}", "'.nan' is no number"),
            ("{group: M, n: NaN}", "NaN is no number from 0 up"),
            ("{group: M, n: 1.5}", "1.5 is no count of people"),
            ("{group: M, n: '1,2'}", "'1,2' is no number"),
            ("{group: M, rate: 79.8}", "79.8 is above 1; write 0.798 or '79.8 %'"),
            ("{group: M, rate: inf}", "inf is no number from 0 up"),
            ("{group: M, published_ratio: 98200}", "98200 is no ratio of rates"),
            ("{group: M, excluded: maybe}", "'maybe' is neither yes nor no"),
            ("{group: M, rat: 3}", "table 1, row 1, rat: there is no such field"),
            ("{group: '', n: 3}", "group: it is blank"),
            ("{n: 3}", "group: it is missing"),
            ("{group: M, n: [1]}", "it is a list or a mapping"),
            ("{group: M}\n  - {group: M}", "category 'M' stands in it twice"),
            ("{group: M, n: 1, n: 2}", "the field 'n' stands twice"),
            ("{group: M, benchmark: yes}\n  - {group: F, benchmark: yes}", "two categories are stated"),
        ],
    )
    def test_a_bad_row_is_named_in_one_sentence(self, row: str, told: str, tmp_path: Path) -> None:
        refused(written(tmp_path, "a.yaml", f"tables:\n- table: sex\n  rows:\n  - {row}"), told)

    @pytest.mark.parametrize(
        ("name", "text", "told"),
        [
            ("a.yaml", " \n", "a.yaml is empty"),
            ("a.yaml", "- 3", "it is no mapping of fields"),
            ("a.yaml", "tables: []", "tables: it is empty"),
            ("a.yaml", "a: b: c", "mapping values are not allowed here"),
            ("a.yaml", "tables: &a [*a]", "it holds a reference"),
            ("a.yaml", "[" * 3000, "nested too deeply"),
            ("a.yaml", "audit_date: 03/01/2024\ntables: [{table: sex, rows: [{group: a}]}]", "'03/01/2024' is no date"),
            ("a.yaml", "audit_date: 2024-02-30\ntables: [{table: sex, rows: [{group: a}]}]", "'2024-02-30' is no date"),
            ("a.yaml", "tables: [{table: age, rows: [{group: a}]}]", "it should be 'sex', 'race' or 'intersection'"),
            ("a.json", "{", "cannot be read"),
            ("a.json", "[" * 100_000, "nested too deeply"),
            ("a.csv", "a;b\n1;2", "its columns are ['a;b']"),
            ("a.csv", "table,group\nsex,a,3", "row 1 has more cells than there are columns"),
            ("a.csv", "# - 3\ntable,group\nsex,a", "the lines that begin with # are no fields"),
            ("a.csv", "table,group\n,a", "table 1, table: it is missing"),
            ("a.txt", "a", "of a kind that is not read"),
            ("a.yaml", "#" * (LARGEST + 1), "a published audit has at most 0.5 MB"),
        ],
    )
    def test_a_bad_file_is_refused_in_one_sentence(self, name: str, text: str, told: str, tmp_path: Path) -> None:
        refused(written(tmp_path, name, text), told)

    def test_no_file_and_no_text(self, tmp_path: Path) -> None:
        refused(tmp_path / "none.yaml", "There is no file")
        (tmp_path / "a.yaml").write_bytes(b"\xff\xfe\x00")
        refused(tmp_path / "a.yaml", "is no text in UTF-8")


def refused(path: Path, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)) as why:
        read(path)
    assert "\n" not in str(why.value)
    assert str(why.value).rstrip(".") != str(why.value)


def test_findings_and_audits_are_records_that_read_back() -> None:
    found = linted(vector(*VECTORS))
    assert Linted.model_validate_json(found.canonical()) == found
    assert isinstance(found.findings[0], Finding)
