"""Packs of laws and standards: read by a closed schema, dated, sourced, and tied to known measures."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from audit import framework
from audit.framework import FOLDER, crosswalk, names, parse, read
from audit.measure import definitions
from models.task import UnknownName

PACK = """
schema_version: 1
as_of: '2026-01-01'
framework: {id: small, name: Small law, version: '1', jurisdiction: Here}
disclaimer: Own words.
kinds: {measurable: computed, document: written, attestation: stated}
sources: {text: {what: The text, opened: true, grade: text copy}}
requirements:
- id: S-1
  title: Be accurate
  kind: measurable
  measurements: [accuracy.accuracy]
  source: {id: text, locator: Art. 1}
  verified: true
"""


@pytest.mark.parametrize("name", names())
def test_a_pack_is_dated_sourced_and_named_like_its_file(name: str) -> None:
    pack = read(name)
    assert pack.id == name
    assert pack.framework.jurisdiction
    assert pack.framework.version
    assert all(pack.source(one).grade for one in pack.requirements)
    given = yaml.safe_load((FOLDER / f"{name}.yaml").read_text())
    assert [one["id"] for one in given.get("requirements", [])] == [one.id for one in pack.requirements]


@pytest.mark.parametrize(
    "path", [*sorted(FOLDER.glob("*.yaml")), FOLDER.parent / "scope.yaml"], ids=lambda one: one.stem
)
def test_no_pack_promises_and_none_tells_of_a_machine(path: Path) -> None:
    text = path.read_text().lower()
    for word in ("compliant", "/home/", "/tmp/", "localhost"):
        assert word not in text, word


def test_ids_are_unique_over_all_packs() -> None:
    ids = [one.id for name in names() for one in read(name).requirements]
    assert len(ids) == len(set(ids))


def test_the_digest_is_of_what_a_pack_says_not_of_how_it_is_written() -> None:
    pack = parse(PACK, "small")
    assert parse(PACK.replace("title: Be accurate", "title: 'Be   accurate'").replace("   ", " "), "small") == pack
    assert parse(PACK.replace("Be accurate", "Be exact"), "small").digest != pack.digest
    assert len(pack.digest) == 64


def test_a_pack_older_than_a_year_says_so() -> None:
    pack = parse(PACK, "small")
    assert pack.outdated(pack.as_of + timedelta(days=365)) == ""
    told = pack.outdated(pack.as_of + timedelta(days=366))
    assert "2026-01-01" in told
    assert "366 days" in told


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  title: Be", "  titel: Be", ["S-1", "title"]),
        ("  verified: true", "  verified: true\n  tilte: x", ["requirement S-1.tilte", "no such key", "title"]),
        ("disclaimer:", "disclamer:", ["disclaimer"]),
        ("[accuracy.accuracy]", "[accuracy.acuracy]", ["S-1", "accuracy.acuracy", "Did you mean 'accuracy.accuracy'"]),
        ("{id: text, locator", "{id: book, locator", ["S-1", "source 'book'", "text"]),
        ("  source: {id: text, locator: Art. 1}\n", "", ["S-1.source", "required"]),
        ("kind: measurable", "kind: computable", ["S-1.kind", "measurable"]),
        ("[accuracy.accuracy]", "[]", ["S-1", "names no measure"]),
        ("verified: true\n", "verified: true\n  verified: false\n", ["'verified' is given twice"]),
        ("as_of: '2026-01-01'", "as_of: lately", ["as_of"]),
        ("locator: Art. 1", "locater: Art. 1", ["source"]),
    ],
)
def test_a_bad_pack_is_refused_in_one_sentence_with_the_place(old: str, new: str, said: list[str]) -> None:
    assert old in PACK
    with pytest.raises(ValueError, match=r"Framework small\.yaml cannot be read") as why:
        parse(PACK.replace(old, new, 1), "small.yaml")
    for part in said:
        assert part in str(why.value)
    assert "\n" not in str(why.value)


def test_an_id_that_is_there_twice_is_refused() -> None:
    again = PACK[PACK.index("- id") :]
    with pytest.raises(ValueError, match="S-1 is there twice"):
        parse(PACK + again.lstrip("\n"), "small.yaml")


def test_a_pack_that_asks_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="asks nothing"):
        parse(PACK[: PACK.index("requirements")], "small.yaml")


@pytest.mark.parametrize("text", ["", "- a list", "{", "requirements: [3]", "requirements: 3"])
def test_what_is_no_pack_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        parse(text, "small.yaml")


def test_unknown_names_offer_the_nearest() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'nyc_ll144'"):
        read("nyc_ll14")
    with pytest.raises(UnknownName, match="LL144-1"):
        read("nyc_ll144").requirement("LL144-X")


def test_a_file_is_read_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(PACK)
    assert read(str(path)).id == "small"


def test_a_pack_is_frozen() -> None:
    with pytest.raises(ValidationError):
        read("nyc_ll144").as_of = date(2020, 1, 1)  # type: ignore[misc]


def test_the_crosswalk_is_the_packs_turned_around() -> None:
    found = crosswalk()
    assert set(found) <= set(definitions())
    assert "LL144-3" in found["fairness.impact_ratio"]
    for measure, ids in found.items():
        for name in names():
            for one in read(name).requirements:
                assert (one.id in ids) == (measure in [needed.measure for needed in one.measurements])


def test_packs_lie_inside_the_package() -> None:
    assert Path(framework.__file__).parent in FOLDER.parents
