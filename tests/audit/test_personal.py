"""Personal data: published numbers of every scheme, near misses, and a planted set."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from audit import checksum
from audit.heading import GROUP_WORDS, PERSONAL_WORDS, spoken
from audit.personal import find
from benchmarks.personal import planted, scored

VALID = [
    (checksum.iban, "GB82WEST12345698765432"),  # ISO 13616, the standard's own example
    (checksum.iban, "DE89370400440532013000"),  # the registry's examples
    (checksum.iban, "FR1420041010050500013M02606"),
    (checksum.iban, "NL91ABNA0417164300"),
    (checksum.iban, "NO9386011117947"),
    (checksum.iban, "MT84MALT011000012345MTLCAST001S"),
    (checksum.card, "4111111111111111"),  # the payment networks' test cards
    (checksum.card, "4222222222222"),
    (checksum.card, "5555555555554444"),
    (checksum.card, "2223003122003222"),
    (checksum.card, "378282246310005"),
    (checksum.card, "6011111111111117"),
    (checksum.card, "30569309025904"),
    (checksum.card, "3530111333300000"),
    (checksum.luhn, "79927398713"),
    (checksum.ssn, "078051120"),
    (checksum.nino, "AB123456C"),
    (checksum.german_tax, "86095742719"),
    (checksum.german_tax, "47036892816"),
    (checksum.german_tax, "65929970489"),
    (checksum.insee, "255081416802538"),
    (checksum.insee, "295109912611193"),
    (checksum.dni, "12345678Z"),
    (checksum.dni, "54362315K"),
    (checksum.dni, "X2482300W"),
    (checksum.codice_fiscale, "RSSMRA85T10A562S"),
    (checksum.codice_fiscale, "RCCMNL83S18D969H"),
    (checksum.bsn, "111222333"),
    (checksum.bsn, "123456782"),
    (checksum.chinese, "11010519491231002X"),  # GB 11643's own example
    (checksum.aadhaar, "999941057058"),  # UIDAI's test numbers
    (checksum.aadhaar, "234123412346"),
    (checksum.cpf, "52998224725"),
    (checksum.cpf, "39053344705"),
]
INVALID = [
    (checksum.chinese, "440524188001010014"),  # a published example, born in 1880
    (checksum.iban, "GB82WEST12345698765431"),
    (checksum.iban, "GB82WEST1234569876543"),
    (checksum.iban, "XX82WEST12345698765432"),
    (checksum.card, "4111111111111112"),
    (checksum.card, "79927398713"),
    (checksum.card, "9111111111111111"),
    (checksum.ssn, "000121234"),
    (checksum.ssn, "666121234"),
    (checksum.ssn, "900121234"),
    (checksum.ssn, "123001234"),
    (checksum.ssn, "123120000"),
    (checksum.nino, "QQ123456C"),
    (checksum.nino, "BG123456A"),
    (checksum.nino, "AB123456E"),
    (checksum.german_tax, "86095742718"),
    (checksum.german_tax, "12345678901"),
    (checksum.insee, "255081416802539"),
    (checksum.insee, "255131416802538"),
    (checksum.dni, "12345678A"),
    (checksum.codice_fiscale, "RSSMRA85T10A562T"),
    (checksum.bsn, "111222334"),
    (checksum.bsn, "000000000"),
    (checksum.chinese, "110105194912310021"),
    (checksum.chinese, "11010519491331002X"),
    (checksum.aadhaar, "999941057059"),
    (checksum.aadhaar, "123412341234"),
    (checksum.cpf, "11111111111"),
    (checksum.cpf, "52998224724"),
]


@pytest.mark.parametrize(("holds", "number"), VALID, ids=lambda one: getattr(one, "__name__", one))
def test_published_numbers_hold_their_checksum(holds, number):
    assert holds(number)


@pytest.mark.parametrize(("holds", "number"), INVALID, ids=lambda one: getattr(one, "__name__", one))
def test_what_was_never_given_out_does_not(holds, number):
    assert not holds(number)


def kinds(name, values, **more):
    return {one.kind for one in find(pd.DataFrame({name: pd.Series(values)}), **more) if one.confident}


def test_names_of_columns_are_read_in_every_spelling():
    for name in ("dateOfBirth", "DATE_OF_BIRTH", "date-of-birth", "Geburtsdatum", "fecha_nacimiento", "data nascita"):
        assert PERSONAL_WORDS["birth date"].search(spoken(name)), name
    for name in ("automobile", "cellar", "embrace", "page", "stage", "sexton"):
        words = {**PERSONAL_WORDS, **GROUP_WORDS}
        assert not [kind for kind, word in words.items() if word.search(spoken(name))], name


def test_numbers_of_a_number_column_get_their_leading_zeros_back():
    g = np.random.default_rng(1)
    numbers = [n for n in g.integers(10_000_000, 99_999_999, 4000) if checksum.bsn(f"{n:09d}")]
    assert kinds("c", numbers) == {"dutch bsn"}


def test_bare_social_security_numbers_need_the_name_of_the_column():
    numbers = np.random.default_rng(0).integers(100_000_000, 600_000_000, 300)
    assert kinds("ssn", numbers) == {"us ssn"}
    assert kinds("order", numbers) == set()


@pytest.mark.parametrize(
    "values",
    [
        ["2024-01-31", "31.01.2024", "01/31/2024"] * 20,
        np.random.default_rng(0).integers(2_000_000_000, 9_999_999_999, 300),
        [f"1.{at % 7}.{at % 11}.{at % 3}" for at in range(100)],
        [f"{at % 24:02d}:{at % 60:02d}:{at * 7 % 60:02d}" for at in range(100)],
        [f"{at:010d}" for at in range(1, 300)],
        ["+1.5", "-2.25", "+12345678.5"] * 30,
        ["4000 0000 0000 0000", "5500 0000 0000 0000"] * 30,
    ],
)
def test_near_misses_are_none(values):
    assert kinds("c", values) == set()
    assert kinds("value", values) == set()


def test_a_mention_in_a_text_is_said_without_confidence():
    texts = [f"please write to me{' at a.b@example.com' if at % 10 == 0 else ''}, number {at}" for at in range(200)]
    (one,) = find(pd.DataFrame({"notes": texts}))
    assert (one.kind, one.within, one.confident) == ("email", True, False)
    assert one.share == pytest.approx(0.1)


def test_no_value_is_ever_kept():
    frame, _ = planted(3, 60)
    written = json.dumps([one.model_dump() for one in find(frame)])
    for column in frame:
        for value in frame[column].dropna().astype(str):
            assert len(value) < 7 or value not in written


def test_the_share_is_of_values_that_are_there():
    values = ["a@example.com", None, "b@example.com", "none", None, "c@example.org"]
    (one,) = [one for one in find(pd.DataFrame({"contact": values})) if one.kind == "email"]
    assert (one.n, one.share) == (4, 0.75)
    assert one.form == "a***@a***.a***"
    assert "75 % of 4 values" in one.sentence


@pytest.mark.parametrize(
    "values",
    [[], [None, None], [{}, []], [1, "a", None, 2.5], [b"x"], ["\ud800"], [np.inf, 1e300], [True, False], [1 + 2j]],
)
def test_nothing_crashes(values):
    assert find(pd.DataFrame({"c": pd.Series(values, dtype=object)})) == ()


def test_columns_may_share_a_name_or_have_none():
    frame = pd.DataFrame([["a@example.com", "b@example.com"]] * 5, columns=["x", "x"])
    assert [one.column for one in find(frame)] == ["x", "x"]
    assert find(pd.DataFrame()) == ()


def test_the_planted_set_is_found():
    precision, recall = scored(4)
    assert precision >= 0.95
    assert recall >= 0.95
