"""Charts say what to see, in words and in marks, and draw nothing that is not in the frame."""

import re
import tomllib
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pandas as pd
import pytest

import dashboard
from dashboard import charts
from dashboard.theme import DARK, LIGHT, TOKENS, colour, contrast, follow, readable

HOSTILE = '#evil [x] $x$ <script>alert(1)</script> & "quoted"'


def limits(**more):
    rows = [
        {
            "label": "Parity · by race",
            "outcome": "fail",
            "value": 0.21,
            "low": 0.13,
            "high": 0.29,
            "limit": 0.1,
            "n": 900,
        },
        {"label": "Parity · by sex", "outcome": "pass", "value": 0.02, "low": 0.0, "high": 0.06, "limit": 0.1, "n": 90},
        {"label": "Gap", "outcome": "unsure", "value": 0.08, "low": None, "high": 0.16, "limit": 0.1, "n": 9},
        {"label": "Absent", "outcome": "missing", "value": None, "low": None, "high": None, "limit": 0.1, "n": None},
    ]
    return pd.DataFrame(rows).assign(side="at_most", **more)


def differences():
    rows = [
        {"label": "F1", "outcome": "cannot tell", "value": 0.01, "low": -0.02, "high": 0.04, "margin": None},
        {"label": "Recall", "outcome": "better", "value": 0.12, "low": 0.08, "high": 0.16, "margin": None},
        {"label": "Accuracy", "outcome": "no worse", "value": -0.004, "low": -0.02, "high": 0.01, "margin": 0.03},
        {"label": "Precision", "outcome": "worse", "value": -0.05, "low": -0.08, "high": -0.02, "margin": None},
    ]
    return pd.DataFrame(rows).assign(better="higher", n=900)


def reliability():
    columns = ["said", "found", "low", "high", "null low", "null high", "n"]
    return pd.DataFrame(
        [(0.55, 0.3, 0.2, 0.4, 0.4, 0.7, 20), (0.75, 0.8, 0.72, 0.86, 0.68, 0.82, 120)], columns=columns
    )


def attacked():
    return pd.DataFrame([(0.1, 0.8, 0.7, 0.9), (0.5, 0.2, 0.1, 0.3)], columns=["epsilon", "accuracy", "low", "high"])


def importance():
    rows = [(f"column {k}", 0.1 - k / 1000, 0.08 - k / 1000, 0.12) for k in range(40)]
    return pd.DataFrame(rows, columns=["label", "value", "low", "high"])


def groups():
    rows = [
        ("black, n = 90", 0.62, 0.5, 0.72, 90), ("white, n = 900", 0.83, 0.8, 0.86, 900), ("unknown, n = 4", 0.5, 0.1, 0.9, 4)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["label", "value", "low", "high", "n"])


def cells(columns=2):
    """Races by sex: Hispanic men are nobody here; of the two Asian women no rate exists."""
    rows = [
        (race, f"sex {at}", 0.3 + 0.1 * place + 0.05 * at, 20 + 900 * place, f"{30 + 10 * place + 5 * at} %")
        for place, race in enumerate(["black", "white", "unknown"])
        for at in range(columns)
    ]
    rows += [("hispanic", "sex 0", 0.44, 12, "44 %"), ("asian", "sex 0", None, 2, "–")]
    return pd.DataFrame(rows, columns=["row", "column", "value", "n", "text"])


def alternatives():
    rows = [
        ("as it is", 0.9, 0.7, True, True),
        ("threshold 0.4", 0.88, 0.85, True, False),
        ("worse", 0.8, 0.6, False, False),
    ]
    points = pd.DataFrame(rows, columns=["label", "x", "y", "front", "here"])
    ends = {
        "x low": points["x"] - 0.02,
        "x high": points["x"] + 0.02,
        "y low": points["y"] - 0.1,
        "y high": points["y"] + 0.1,
    }
    return points.assign(**ends)


EVERY = {
    "intervals": lambda **more: charts.intervals(
        groups(), "What to see", rate=True, reference=0.8, said="everybody, 80 %", n=994, **more
    ),
    "heat_map": lambda **more: charts.heat_map(cells(), "What to see", rate=True, n=994, **more),
    "trade_off": lambda **more: charts.trade_off(
        alternatives(), "What to see", across="accuracy", up="impact ratio", n=994, **more
    ),
    "forest": lambda **more: charts.forest(limits(), "What to see", rate=True, n=994, **more),
    "differences": lambda **more: charts.differences(differences(), "What to see", rate=True, n=994, **more),
    "reliability": lambda **more: charts.reliability(reliability(), "What to see", n=994, **more),
    "curve": lambda **more: charts.curve(attacked(), "What to see", unit="share", rate=True, n=994, **more),
    "bars": lambda **more: charts.bars(importance(), "What to see", unit="probability", n=994, **more),
}


def words(chart):
    """Every text of the drawn chart, in reading order of the file."""
    tree = ElementTree.fromstring(charts.svg(chart))
    texts = [" ".join(one.itertext()) for one in tree.iter("{http://www.w3.org/2000/svg}text")]
    return [one.replace("\u00a0", " ") for one in texts]


@pytest.mark.parametrize("name", EVERY)
def test_every_chart_has_title_n_and_alternative_text(name):
    chart = EVERY[name]()
    text = " ".join(words(chart))
    assert "What to see" in text
    assert "n = 994" in text
    assert charts.alt_text(chart).startswith("What to see. ")
    assert len(charts.alt_text(chart)) > 40


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("width", [340, 1300])
def test_no_label_is_cut_off_or_leaves_the_picture(name, width):
    svg = charts.svg(EVERY[name](width=width))
    assert "…" not in svg
    *_, wide, tall = map(float, re.search(r'viewBox="([^"]+)"', svg)[1].split())
    assert width <= wide < width + 90
    assert tall > 60


@pytest.mark.parametrize("name", ["forest", "differences", "reliability", "curve", "intervals", "trade_off"])
def test_rates_stand_on_percent_axes(name):
    assert any(re.fullmatch(r"[−-]?\d+\u202f%", one) for one in words(EVERY[name]()))


def test_a_verdict_is_symbol_and_word_and_the_furthest_wrong_comes_first():
    text = words(EVERY["forest"]())
    assert {"✕", "✓", "?"} <= set(text)
    rows = [one for one in text if " · " in one]
    assert rows == [
        "fail · Parity · by race, at most 10\u202f%",
        "unsure · Gap, at most 10\u202f%",
        "pass · Parity · by sex, at most 10\u202f%",
    ]


def test_the_wrong_side_is_shaded_from_the_limit_to_the_end_of_the_axis():
    (shade,) = [one["mark"] for one in EVERY["forest"]().to_dict()["layer"] if one["mark"]["type"] == "rect"]
    assert shade["color"] == LIGHT["fail"]
    least = charts.forest(limits().assign(side="at_least"), "t", rate=True).to_dict()
    most = EVERY["forest"]().to_dict()
    edges = [{row["edge"] for row in next(iter(one["datasets"].values()))} for one in (least, most)]
    domain = most["layer"][0]["encoding"]["x"]["scale"]["domain"]
    assert edges == [{domain[0]}, {domain[1]}]


def test_a_row_without_a_limit_has_no_shade_and_no_verdict():
    free = limits().assign(limit=[0.1, None, None, None], outcome=["fail", "", "", ""])
    chart = charts.forest(free, "t", rate="points")
    text = words(chart)
    assert "fail · Parity · by race, at most 10\u202fpoints" in text
    assert "Parity · by sex" in text
    assert "Percentage points. Line: the limit." in " ".join(text)
    shaded = ElementTree.fromstring(charts.svg(chart)).iter("{http://www.w3.org/2000/svg}path")
    assert sum(one.get("fill") == LIGHT["fail"] and one.get("opacity") == "0.1" for one in shaded) == 1
    none = charts.forest(free.iloc[1:], "t", rate="points")
    assert "Line: the limit." not in " ".join(words(none))


def test_groups_come_largest_first_around_the_rate_of_everybody():
    (*_, rows) = EVERY["intervals"]().to_dict()["datasets"].values()
    assert [row["label"] for row in rows] == ["white, n = 900", "black, n = 90", "unknown, n = 4"]
    assert {row["line"] for row in rows} == {0.8}
    assert "Line: everybody, 80 %." in " ".join(words(EVERY["intervals"]()))


def test_of_two_hundred_groups_both_ends_are_drawn_and_the_rest_is_counted():
    frame = pd.DataFrame({"label": [f"group {k}" for k in range(200)], "value": [k / 200 for k in range(200)], "n": 9})
    text = words(charts.intervals(frame.assign(low=0.0, high=1.0), "t", rate=True))
    assert "12 lowest of 200." in " ".join(text)
    assert {"group 0", "group 199"} <= set(text)
    assert "group 100" not in text


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_text_in_every_cell_stands_out_from_its_ground(palette):
    frame = pd.DataFrame({"row": [f"r{k:02d}" for k in range(20)], "column": "c", "n": 9, "text": "x"})
    chart = charts.heat_map(frame.assign(value=[k / 20 for k in range(20)]), "t", rate=True, palette=palette)
    rows = [row for data in chart.to_dict()["datasets"].values() for row in data if "hue" in row]
    assert len(rows) == 20
    assert len({row["hue"] for row in rows}) == 20
    for row in rows:
        assert contrast(row["ink"], row["hue"]) >= 4.5


def test_black_and_white_have_the_contrast_that_the_standard_gives_them():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert all(contrast(readable(f"#{k:02x}{k:02x}{k:02x}"), f"#{k:02x}{k:02x}{k:02x}") >= 4.5 for k in range(256))


def test_a_cell_holds_number_and_n_and_says_where_nobody_is_and_where_nothing_is_known():
    text = words(EVERY["heat_map"]())
    assert text.count("nobody") == 2
    assert {
        "black",
        "white",
        "unknown",
        "hispanic",
        "asian",
        "sex 0",
        "sex 1",
        "n = 20",
        "n = 920",
        "n = 2",
        "–",
    } <= set(text)
    assert "35 %" in text
    described = charts.alt_text(EVERY["heat_map"]())
    assert "black and sex 0: 30 % (n = 20)" in described
    assert "hispanic and sex 1: nobody" in described


@pytest.mark.parametrize("columns", [1, 3, 6, 9])
def test_cells_never_overlap_at_the_width_of_a_phone(columns):
    chart = charts.heat_map(cells(columns).assign(n=12_345, text="44.5 % [38.1, 50.9]"), "t", rate=True, width=380)
    texts = [one for one in words(chart) if "%" in one]
    room = 380 / min(columns, 6)
    assert texts
    assert max(map(len, texts)) * 6.4 <= room
    if columns > 6:
        assert "The largest 5 x 6 groups." in " ".join(words(chart))


def test_nothing_beats_the_front_in_both():
    svg = charts.svg(EVERY["trade_off"]())
    assert svg.count(LIGHT["accent"]) >= 3
    assert "as it is: impact ratio 70.0\u202f%, accuracy 90.0\u202f%" in charts.alt_text(EVERY["trade_off"]())


def test_fewer_examples_are_drawn_thinner():
    (rows,) = EVERY["forest"]().to_dict()["datasets"].values()
    weight = {row["n"]: row["weight"] for row in rows}
    assert weight[9] < weight[90] < weight[900]


def test_differences_come_in_four_groups_and_the_margin_lies_on_the_side_of_the_loss():
    (rows,) = EVERY["differences"]().to_dict()["datasets"].values()
    assert [row["outcome"] for row in rows] == ["worse", "cannot tell", "no worse", "better"]
    assert {row["label"]: row["edge"] for row in rows}["Accuracy"] == pytest.approx(-0.03)


def test_reliability_says_how_many_bins_leave_the_null_band():
    assert "1 lie outside the band" in charts.alt_text(EVERY["reliability"]())


def test_bars_draw_the_largest_and_say_how_many_there_are():
    text = " ".join(words(EVERY["bars"]()))
    assert "The 15 largest of 40" in text
    assert "column 14" in text
    assert "column 15" not in text


@pytest.mark.parametrize("name", ["bars", "forest"])
def test_hostile_labels_are_drawn_literally(name):
    frame = importance().head(2).assign(label=HOSTILE) if name == "bars" else limits().assign(label=HOSTILE)
    chart = charts.bars(frame, HOSTILE, unit="x") if name == "bars" else charts.forest(frame, HOSTILE, rate=True)
    assert "<script" not in charts.svg(chart)
    assert "<script>alert(1)</script>" in " ".join(words(chart))


def test_a_control_character_is_written_out_and_does_not_end_the_process():
    frame = importance().head(1).assign(label="租 \u202e\x07")
    assert "租 ‹U+202E›‹U+0007›" in words(charts.bars(frame, "a\x00b", unit="x"))


@pytest.mark.parametrize("outcome", TOKENS)
def test_every_outcome_has_a_colour_of_its_own_in_both_themes(outcome):
    assert colour(outcome, LIGHT) != colour(outcome, DARK)


def test_an_inlined_chart_follows_the_page_into_the_dark():
    svg = follow(charts.svg(EVERY["forest"]()))
    assert "var(--fail)" in svg
    assert not any(f'"{value}"' in svg for value in LIGHT.values())


@pytest.mark.parametrize(("name", "palette"), [("light", LIGHT), ("dark", DARK)])
def test_the_screens_have_the_same_colours(name, palette):
    with (Path(dashboard.__file__).parent / ".streamlit" / "config.toml").open("rb") as file:
        screen = tomllib.load(file)["theme"][name]
    tokens = {
        "primaryColor": "accent", "backgroundColor": "paper", "textColor": "ink", "borderColor": "rule",
        "greenColor": "pass", "redColor": "fail", "orangeColor": "unsure", "violetColor": "waived",
    }  # fmt: skip
    assert {key: screen[key] for key in tokens} == {key: palette[token] for key, token in tokens.items()}
