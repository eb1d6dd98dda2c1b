"""Check digits and letters of numbers that are given to people, accounts and cards.

Every function takes a number without separators, in capital letters, of the right shape (see ``audit.personal``) and says
whether its own redundancy holds.
"""

from __future__ import annotations

from collections import Counter
from datetime import date

IBAN_LENGTH = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HN": 28, "HR": 21, "HU": 28,
    "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
    "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28,
    "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24,
    "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26,
    "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}  # fmt: skip
"""Characters of an account number in each country (SWIFT, IBAN registry, releases 88 to 99)."""

CARDS = (
    ((13, 16, 19), (("4", "4"),)),
    ((16,), (("51", "55"), ("2221", "2720"))),
    ((15,), (("34", "34"), ("37", "37"))),
    ((14, 16, 19), (("300", "305"), ("36", "36"), ("38", "39"))),
    ((16, 17, 18, 19), (("6011", "6011"), ("644", "649"), ("65", "65"), ("62", "62"))),
    ((16, 17, 18, 19), (("3528", "3589"),)),
    ((12, 13, 14, 15, 16, 17, 18, 19), (("50", "50"), ("56", "58"), ("6304", "6304"), ("6759", "6763"))),
)
"""Lengths and first digits (from, to) by issuer: Visa, Mastercard, American Express, Diners, Discover and UnionPay, JCB,
Maestro (ISO/IEC 7812-1 and the issuers' published ranges)."""

DNI = "TRWAGMYFPDXBNJZSQVHLCKE"
ODD = dict(
    zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10,
         22, 25, 24, 23), strict=True)
)  # fmt: skip
"""What a character in an odd place of an Italian codice fiscale counts (decree of 23 December 1976)."""
DIHEDRAL = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
SHUFFLE = (
    "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip
"""Verhoeff's multiplication in the dihedral group of order ten, and his permutation of the digit in each place (1969)."""


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B: every second digit from the right doubled, the digits of all summed, a multiple of ten."""
    total = sum(int(digit) for digit in digits[-1::-2])
    return (total + sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])) % 10 == 0


def card(digits: str) -> bool:
    """A payment card: an issuer's first digits, the length it uses, and Luhn."""
    known = any(
        len(digits) in lengths and any(low <= digits[: len(low)] <= high for low, high in ranges)
        for lengths, ranges in CARDS
    )
    return known and luhn(digits)


def iban(account: str) -> bool:
    """ISO 13616: the country's length, and the remainder of one when divided by 97 (ISO 7064 mod 97-10)."""
    if len(account) != IBAN_LENGTH.get(account[:2]):
        return False
    return int("".join(str(int(sign, 36)) for sign in account[4:] + account[:4])) % 97 == 1


def ssn(digits: str) -> bool:
    """US Social Security number: no area 000, 666 or above 899, no group 00, no serial 0000 (SSA, 2011)."""
    return digits[:3] not in ("000", "666") and digits[0] != "9" and digits[3:5] != "00" and digits[5:] != "0000"


def nino(number: str) -> bool:
    """UK National Insurance number: the prefixes that are given out, and a suffix from A to D (HMRC, NIM39110)."""
    first, second = number[0], number[1]
    unused = first in "DFIQUV" or second in "DFIOQUV" or number[:2] in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")
    return not unused and number[-1] in "ABCD"


def german_tax(digits: str) -> bool:
    """German tax id: one digit of the first ten stands twice or three times, all others at most once; ISO 7064 mod 11-10."""
    often = sorted(Counter(digits[:10]).values())
    if digits[0] == "0" or often[-1] not in (2, 3) or often[-2] != 1:
        return False
    product = 10
    for digit in digits[:10]:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(digits[10])


def insee(number: str) -> bool:
    """French social security number: sex, month, and the key of 97 less the remainder by 97 (2A counts 19, 2B 18)."""
    month = int(number[3:5])
    if number[0] not in "123478" or not (1 <= month <= 12 or 20 <= month <= 42 or month >= 50):
        return False
    body = number[:13].replace("2A", "19").replace("2B", "18")
    return body.isdigit() and 97 - int(body) % 97 == int(number[13:])


def dni(number: str) -> bool:
    """Spanish DNI or NIE: the letter is the remainder by 23 (X, Y and Z count 0, 1 and 2)."""
    return DNI[int(number[:-1].translate(str.maketrans("XYZ", "012"))) % 23] == number[-1]


def codice_fiscale(code: str) -> bool:
    """Italian codice fiscale: the last letter is the sum over odd and even places, modulo 26."""
    odd = sum(ODD[sign] for sign in code[:15:2])
    even = sum(int(sign) if sign.isdigit() else ord(sign) - ord("A") for sign in code[1:15:2])
    return chr(ord("A") + (odd + even) % 26) == code[15]


def bsn(digits: str) -> bool:
    """Dutch BSN: nine times the first digit, eight times the second ... less the last, a multiple of eleven."""
    total = sum(weight * int(digit) for weight, digit in zip(range(9, 1, -1), digits, strict=False)) - int(digits[8])
    return total % 11 == 0 and int(digits) > 0


def chinese(number: str) -> bool:
    """Chinese resident id (GB 11643-1999): a date of birth that exists, and ISO 7064 mod 11-2."""
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(number[:17]))
    return born.year >= 1900 and "10X98765432"[total % 11] == number[17]


def aadhaar(digits: str) -> bool:
    """Indian Aadhaar: does not begin with 0 or 1, is no palindrome, and Verhoeff's check digit."""
    if digits[0] in "01" or digits == digits[::-1]:
        return False
    state = 0
    for place, digit in enumerate(reversed(digits)):
        state = int(DIHEDRAL[state][int(SHUFFLE[place % 8][int(digit)])])
    return state == 0


def cpf(digits: str) -> bool:
    """Brazilian CPF: two check digits modulo eleven; one digit eleven times is none."""
    if len(set(digits)) == 1:
        return False
    for length in (9, 10):
        total = sum((length + 1 - place) * int(digit) for place, digit in enumerate(digits[:length]))
        if total * 10 % 11 % 10 != int(digits[length]):
            return False
    return True
