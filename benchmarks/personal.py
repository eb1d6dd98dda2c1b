"""Personal data planted in tables beside near misses: which (column, kind) decisions of the recognisers are right.

Every number is made here from its public definition, not with the recognisers' own code. Names of columns say what is in
them, say it in another language, or say nothing; what nothing but its name can tell (a Social Security number without
dashes) is planted under its name only.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable

import numpy as np
import pandas as pd

from audit.personal import find

Make = Callable[[np.random.Generator, int], list[object]]
GIVEN = """Aaliyah Abigail Adam Agnes Albert Amir Anita Anton Arjun Astrid Bianca Boris Bruno Camila Carl Cecilia Chen Clara
Daniela David Deepak Diego Elena Elias Elif Emily Eva Fabian Farah Felix Fiona Freya Gabriel Gina Grace Greta Hana Hannah
Helen Hugo Ines Irene Isla Jakub James Jan Jasmin Jonas Jose Julia Kai Karim Karl Kwame Laura Leila Leo Liam Linda Luca
Maria Marta Mateo Max Mei Michael Mina Mohammed Nadia Nina Noah Olga Omar Oscar Paul Paula Petra Priya Rachel Rania Rosa
Ruth Samir Sarah Simon Sofia Stefan Susan Tariq Thomas Tomas Uma Vera Victor Wei William Yara Yusuf Zoe""".split()  # noqa: SIM905
FAMILY = """Abbott Adeyemi Ahmed Almeida Andersson Bauer Becker Bianchi Brown Campos Chen Costa Dubois Dupont Evans Fischer
Garcia Gonzalez Gruber Gupta Hansen Hoffmann Hughes Ivanov Jansen Johnson Jones Kaya Khan Kim Kowalski Kumar Larsen Lee
Lopez Martin Meyer Moreau Morales Nguyen Nowak O'Brien Okafor Oliveira Patel Petrov Popescu Ramirez Ricci Rossi Santos
Schmidt Sharma Silva Singh Smith Suzuki Tanaka Taylor Torres van-Dijk Visser Wagner Walker Wang Weber Williams Wilson
Wong Yilmaz Young Zhang Zimmermann""".split()  # noqa: SIM905
WORDS = """order arrived late customer wants refund please call about the delivery broken item replaced thanks waiting for
answer since monday size wrong colour fine good service nobody answered invoice missing sent again paid""".split()  # noqa: SIM905
DOMAINS = (
    "example.com",
    "mail.example.org",
    "web.de",
    "orange.fr",
    "uni-bonn.de",
    "gmail.com",
    "company.co.uk",
    "qq.com",
)


def _digits(g: np.random.Generator, length: int) -> list[int]:
    return [int(one) for one in g.integers(0, 10, length)]


def _text(digits: list[int]) -> str:
    return "".join(map(str, digits))


def _email(g: np.random.Generator) -> str:
    given, family = g.choice(GIVEN).lower(), g.choice(FAMILY).lower().replace("'", "")
    local = [f"{given}.{family}", f"{given[0]}{family}{g.integers(1, 99)}", f"{given}_{g.integers(1950, 2010)}", family]
    return f"{g.choice(local)}@{g.choice(DOMAINS)}"


def _phone(g: np.random.Generator, style: int) -> str:
    d = _text(_digits(g, 12))
    us = f"{g.integers(2, 10)}{d[:2]}", f"{g.integers(2, 10)}{d[2:4]}", d[4:8]
    return (
        f"+49 {g.integers(151, 180)} {d[:8]}", f"+44 7{d[:3]} {d[3:9]}", f"+1 {us[0]}-{us[1]}-{us[2]}",
        f"({us[0]}) {us[1]}-{us[2]}", f"{us[0]}-{us[1]}-{us[2]}", f"0{g.integers(1, 10)} {d[:2]} {d[2:4]} {d[4:6]} {d[6:8]}",
        f"0{g.integers(30, 99)}/{d[:7]}", f"020 7{d[:3]} {d[3:7]}", f"+33{g.integers(1, 10)}{d[:8]}",
    )[style]  # fmt: skip


def _iban(g: np.random.Generator) -> str:
    country, length = (("DE", 22), ("NL", 18), ("FR", 27), ("GB", 22), ("ES", 24))[g.integers(5)]
    bank = "".join(chr(65 + one) for one in g.integers(0, 26, 4)) if country in ("NL", "GB") else ""
    body = bank + _text(_digits(g, length - 4 - len(bank)))
    number = "".join(str(ord(one) - 55) if one.isalpha() else one for one in f"{body}{country}00")
    return f"{country}{98 - int(number) % 97:02d}{body}"


def _wrong_iban(g: np.random.Generator) -> str:
    good = _iban(g)
    return good[:2] + f"{(int(good[2:4]) + int(g.integers(1, 90))) % 97:02d}" + good[4:]


def _card(g: np.random.Generator) -> str:
    start, length = (("4", 16), ("52", 16), ("37", 15), ("6011", 16))[g.integers(4)]
    body = [*map(int, start), *_digits(g, length - len(start) - 1)]
    return str(_luhn(body))


def _luhn(body: list[int]) -> int:
    total = sum(one if at % 2 else one * 2 - 9 * (one > 4) for at, one in enumerate(reversed(body)))
    return int(_text([*body, -total % 10]))


def _ssn(g: np.random.Generator) -> str:
    area = g.choice([one for one in range(1, 900) if one != 666])
    return f"{area:03d}-{g.integers(1, 100):02d}-{g.integers(1, 10_000):04d}"


def _nino(g: np.random.Generator) -> str:
    start = g.choice(["AB", "CE", "JG", "PX", "SK", "WM", "ZL", "HR", "NA", "TP"])
    return f"{start}{_text(_digits(g, 6))}{g.choice(list('ABCD'))}"


def _german_tax(g: np.random.Generator) -> str:
    while True:
        order = [int(one) for one in g.permutation(10)]
        gone, twice = order[0], order[1]
        ten = [int(one) for one in g.permutation([one for one in range(10) if one != gone] + [twice])]
        if ten[0]:
            break
    product = 10
    for one in ten:
        total = (one + product) % 10
        product = 2 * (total if total else 10) % 11
    return _text([*ten, (11 - product) % 10])


def _insee(g: np.random.Generator) -> str:
    body = f"{g.integers(1, 3)}{g.integers(0, 100):02d}{g.integers(1, 13):02d}{g.integers(1, 96):02d}{_text(_digits(g, 6))}"
    return f"{body}{97 - int(body) % 97:02d}"


def _dni(g: np.random.Generator) -> str:
    number = int(g.integers(1_000_000, 99_999_999))
    return f"{number:08d}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"


def _bsn(g: np.random.Generator) -> str:
    while True:
        eight = _digits(g, 8)
        check = sum((9 - at) * one for at, one in enumerate(eight)) % 11
        if check < 10 and eight[0]:
            return _text([*eight, check])


def _chinese(g: np.random.Generator) -> str:
    born = pd.Timestamp("1950-01-01") + pd.Timedelta(days=int(g.integers(0, 20_000)))
    body = f"{g.choice(['110105', '310101', '440106', '510104'])}{born:%Y%m%d}{_text(_digits(g, 3))}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(w * int(one) for w, one in zip(weights, body, strict=True)) % 11]


def _cpf(g: np.random.Generator) -> str:
    nine = _digits(g, 9)
    first = sum(w * one for w, one in zip(range(10, 1, -1), nine, strict=True)) % 11
    ten = [*nine, 0 if first < 2 else 11 - first]
    second = sum(w * one for w, one in zip(range(11, 1, -1), ten, strict=True)) % 11
    d = _text([*ten, 0 if second < 2 else 11 - second])
    return f"{d[:3]}.{d[3:6]}.{d[6:9]}-{d[9:]}"


def _aadhaar(g: np.random.Generator) -> str:
    """Verhoeff's scheme from its group: d(j, k) of the dihedral group D5, and powers of his permutation."""
    eleven = [int(g.integers(2, 10)), *_digits(g, 10)]
    power = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)

    def times(j: int, k: int) -> int:
        turn = (j + k) % 5 if j < 5 else (j - k) % 5
        return turn if (j < 5) == (k < 5) else 5 + turn

    def permuted(one: int, times_applied: int) -> int:
        for _ in range(times_applied):
            one = power[one]
        return one

    state = 0
    for place, one in enumerate(reversed(eleven), start=1):
        state = times(state, permuted(one, place % 8))
    return _text([*eleven, next(one for one in range(10) if times(state, one) == 0)])


def _birth(g: np.random.Generator, style: str) -> str:
    return f"{pd.Timestamp('1935-01-01') + pd.Timedelta(days=int(g.integers(0, 26_000))):{style}}"


def _each(make: Callable[[np.random.Generator], object]) -> Make:
    return lambda g, n: [make(g) for _ in range(n)]


def _dates(start: str, days: int, style: str) -> Make:
    return _each(lambda g: f"{pd.Timestamp(start) + pd.Timedelta(minutes=int(g.integers(0, days * 1440))):{style}}")


def _phones(g: np.random.Generator, n: int) -> list[object]:
    style = int(g.integers(9))
    return [_phone(g, style) for _ in range(n)]


def _names(g: np.random.Generator, n: int) -> list[object]:
    style = ("{0} {1}", "{1}, {0}", "{0} {2} {1}", "Dr. {0} {1}")[g.integers(4)]
    return [style.format(g.choice(GIVEN), g.choice(FAMILY), g.choice(list("ABCDEFGH")) + ".") for _ in range(n)]


def _births(g: np.random.Generator, n: int) -> list[object]:
    style = str(g.choice(["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y"]))
    return [_birth(g, style) for _ in range(n)]


def _notes(g: np.random.Generator, n: int) -> list[object]:
    return [" ".join(g.choice(WORDS, 9)) + (f" {_email(g)}" if g.random() < 0.2 else "") for _ in range(n)]


KINDS: dict[str, tuple[Make, tuple[str, ...], bool]] = {
    "email": (_each(_email), ("email", "Kontakt", "correo"), True),
    "phone": (_phones, ("phone", "Telefon", "contact_no"), True),
    "iban": (_each(_iban), ("iban", "account", "Konto"), True),
    "payment card": (_each(_card), ("card_number", "payment", "cc"), True),
    "us ssn": (_each(_ssn), ("ssn", "person_no", "social"), True),
    "uk nino": (_each(_nino), ("nino", "ni_number", "reference"), True),
    "german tax id": (_each(_german_tax), ("SteuerID", "tax"), True),
    "french insee": (_each(_insee), ("insee", "NIR"), True),
    "spanish dni": (_each(_dni), ("DNI", "documento"), True),
    "dutch bsn": (_each(_bsn), ("BSN", "nummer"), True),
    "chinese resident id": (_each(_chinese), ("身份证号", "id_no"), True),
    "indian aadhaar": (_each(_aadhaar), ("aadhaar", "uid"), True),
    "brazilian cpf": (_each(_cpf), ("cpf", "cadastro"), True),
    "ip address": (_each(lambda g: ".".join(map(str, g.integers(1, 255, 4)))), ("ip", "client_addr"), True),
    "name": (_names, ("name", "full_name", "Kunde"), True),
    "birth date": (_births, ("dob", "Geburtsdatum", "fecha_nacimiento"), True),
}  # fmt: skip
"""How each kind is made, what its column is called, and whether its column may be called nothing."""
BARE: dict[str, tuple[Make, tuple[str, ...]]] = {
    "us ssn": (_each(lambda g: int(_ssn(g).replace("-", ""))), ("ssn", "social_security_number")),
    "phone": (_each(lambda g: int(f"{g.integers(2, 10)}{_text(_digits(g, 2))}{g.integers(2, 10)}{_text(_digits(g, 6))}")),
              ("phone", "mobile_number", "telefono")),
    "name": (_each(lambda g: str(g.choice(FAMILY))), ("last_name", "Nachname", "apellidos", "surname")),
    "birth date": (_each(lambda g: int(g.integers(1930, 2006))), ("birth_year", "yob", "Geburtsjahr")),
    "brazilian cpf": (_each(lambda g: int("".join(one for one in _cpf(g) if one.isdigit()))), ("cpf", "document")),
}  # fmt: skip
"""Kinds written so that the column's name is needed."""

MISSES: dict[str, tuple[Make, tuple[str, ...]]] = {
    "orders": (_each(lambda g: int(g.integers(10**8, 10**9))), ("order_number", "ref", "account_no")),
    "long orders": (_each(lambda g: int(g.integers(4 * 10**15, 6 * 10**15))), ("transaction", "voucher")),
    "counted": (lambda g, n: [10**8 + int(at) for at in np.arange(n) + g.integers(10**8)], ("serial", "invoice")),
    "stamps": (_dates("2018-01-01", 2500, "%Y-%m-%d %H:%M:%S"), ("timestamp", "created_at", "when")),
    "days": (_dates("2019-01-01", 2000, "%d.%m.%Y"), ("order_date", "due", "Datum")),
    "epochs": (_each(lambda g: int(g.integers(1_500_000_000, 1_750_000_000))), ("ts", "epoch")),
    "milliseconds": (_each(lambda g: int(g.integers(1_500_000_000_000, 1_750_000_000_000))), ("ts_ms", "clock")),
    "prices": (_each(lambda g: f"{g.integers(1, 999)},{g.integers(0, 100):02d} €"), ("price", "Preis")),
    "amounts": (_each(lambda g: round(float(g.lognormal(8, 2)), 2)), ("amount", "salary")),
    "codes": (_each(lambda g: f"{g.choice(list('ABCXYZ'))}{g.choice(list('KLMN'))}{_text(_digits(g, 6))}"
                              f"{g.choice(list('ABCDEFGHIJKLMNOPQRSTUVWXYZ'))}"), ("product_code", "sku")),
    "parts": (_each(lambda g: f"{_text(_digits(g, 3))}-{_text(_digits(g, 3))}-{_text(_digits(g, 4))}"), ("part_no", "sku")),
    "phone-like": (_each(lambda g: int(g.integers(2 * 10**9, 10**10))), ("ticket", "customer_ref", "device")),
    "wrong iban": (_each(_wrong_iban), ("reference", "code")),
    "uuid": (_each(lambda g: str(uuid.UUID(bytes=g.bytes(16)))), ("uuid", "session")),
    "hex": (_each(lambda g: g.bytes(8).hex()), ("hash", "token")),
    "zip": (_each(lambda g: f"{g.integers(1000, 99999):05d}"), ("zip", "plz", "postcode")),
    "uk zip": (_each(lambda g: f"{g.choice(['SW', 'EC', 'M', 'LS'])}{g.integers(1, 20)} {g.integers(1, 9)}AB"), ("postcode",)),
    "notes": (_notes, ("comment", "notes", "message")),
    "versions": (_each(lambda g: ".".join(map(str, g.integers(0, 30, 4)))), ("version", "build")),
    "products": (_each(lambda g: f"{g.choice(['Blue', 'Large', 'Oak', 'Steel'])} {g.choice(['Table', 'Lamp', 'Chair'])} "
                                 f"{g.integers(1, 99)}"), ("product_name", "name")),
    "firms": (_each(lambda g: f"{g.choice(FAMILY)} {g.choice(['Ltd', 'GmbH', 'Inc', 'SA'])}"), ("company", "name", "Firma")),
    "cities": (_each(lambda g: str(g.choice(["Paris", "Lyon", "Bonn", "Leeds", "Porto", "Oslo", "Turin", "Gent", "Graz",
                                             "Brno", "Cork", "Bath", "Nice", "Jena", "Ulm", "Bern"]))), ("city", "city_name")),
    "weights": (_each(lambda g: int(g.normal(3300, 500))), ("birth_weight",)),
    "ean": (_each(lambda g: int(g.integers(4 * 10**12, 5 * 10**12))), ("ean", "barcode")),
    "coordinates": (_each(lambda g: f"{g.normal(48, 3):.5f}, {g.normal(9, 3):.5f}"), ("location",)),
    "times": (_each(lambda g: f"{g.integers(0, 24):02d}:{g.integers(0, 60):02d}:{g.integers(0, 60):02d}"), ("time", "start")),
    "founded": (_dates("1985-01-01", 14_000, "%Y-%m-%d"), ("founded", "opened_on")),
    "years": (_each(lambda g: int(g.integers(1950, 2024))), ("year", "model_year")),
    "imei": (_each(lambda g: _luhn([3, 5, *_digits(g, 12)])), ("imei", "device")),
    "dashed parts": (_each(lambda g: f"{_text(_digits(g, 4))}-{_text(_digits(g, 6))}"), ("part", "drawing")),
    "species": (_each(lambda g: f"{g.choice(['Quercus', 'Acer', 'Pinus', 'Salix', 'Rosa'])} "
                                f"{g.choice(['robur', 'alba', 'nigra', 'montana', 'canina'])}"), ("species", "name of plant")),
    "jobs": (_each(lambda g: f"{g.choice(['Senior', 'Junior', 'Chief', 'Lead'])} "
                             f"{g.choice(['Nurse', 'Clerk', 'Driver', 'Analyst', 'Teacher'])}"), ("job", "Beruf", "position")),
    "streets": (_each(lambda g: f"{g.choice(GIVEN)} {g.choice(FAMILY)} Street {g.integers(1, 200)}"), ("street", "address")),
    "expiry": (_each(lambda g: f"{g.integers(1, 13):02d}/{g.integers(24, 32)}"), ("card_expiry",)),
    "card types": (_each(lambda g: str(g.choice(["Visa", "Mastercard", "Amex"]))), ("card_type", "credit_card")),
    "calls": (_each(lambda g: int(g.integers(0, 300))), ("phone_calls", "phone_minutes")),
    "mail flags": (_each(lambda g: int(g.integers(0, 2))), ("email_opened", "has_phone")),
    "padded": (_each(lambda g: f"{g.integers(1, 10**7):010d}"), ("item", "material")),
}  # fmt: skip


def planted(seed: int, rows: int = 400) -> tuple[pd.DataFrame, dict[str, str]]:
    """A table of every kind, with misprints and missing values, beside near misses; and which column holds what."""
    g = np.random.default_rng(seed)
    columns: dict[str, list[object]] = {}
    truth: dict[str, str] = {}

    def add(name: str, make: Make, kind: str) -> None:
        values = np.array(make(g, rows), dtype=object)
        values[g.random(rows) < g.choice([0.0, 0.05, 0.3])] = None
        at = f"{name}_{len(columns)}"
        columns[at] = list(values)
        if kind:
            truth[at] = kind

    for kind, (make, names, telling) in KINDS.items():
        add("col" if telling and g.random() < 0.3 else str(g.choice(names)), make, kind)
    for kind, (make, names) in BARE.items():
        add(str(g.choice(names)), make, kind)
    for make, names in MISSES.values():
        add("col" if g.random() < 0.3 else str(g.choice(names)), make, "")
    return pd.DataFrame(columns).infer_objects(), truth


ROWS = (40, 400, 1500)
"""Rows of a table, in turn."""


def scored(seeds: int = 20) -> tuple[float, float]:
    """(precision, recall) of the decisions that are said with confidence, over ``seeds`` tables."""
    right, said, there = (sum(part) for part in zip(*(_counted(seed) for seed in range(seeds)), strict=True))
    return right / said, right / there


def _decisions(seed: int) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    frame, truth = planted(seed, ROWS[seed % len(ROWS)])
    return {(one.column, one.kind) for one in find(frame) if one.confident}, set(truth.items())


def _counted(seed: int) -> tuple[int, int, int]:
    found, truth = _decisions(seed)
    return len(found & truth), len(found), len(truth)


def wrong(seeds: int = 20) -> dict[str, list[str]]:
    """What was said and is not so, and what is there and was not said."""
    errors: dict[str, list[str]] = {"invented": [], "missed": []}
    for seed in range(seeds):
        found, truth = _decisions(seed)
        errors["invented"] += [f"{column}: {kind}" for column, kind in sorted(found - truth)]
        errors["missed"] += [f"{column}: {kind}" for column, kind in sorted(truth - found)]
    return errors


if __name__ == "__main__":
    start = time.perf_counter()
    precision, recall = scored()
    print(json.dumps({"precision": precision, "recall": recall, "columns": 20 * (len(KINDS) + len(BARE) + len(MISSES)),
                      "seconds": round(time.perf_counter() - start, 1), **wrong()}, indent=2))  # fmt: skip
