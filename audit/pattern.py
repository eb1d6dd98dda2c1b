"""What numbers and addresses that belong to one person look like, and which checksum each of them carries."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from audit import checksum

Kind = Literal[
    "email", "phone", "iban", "payment card", "ip address", "name", "birth date", "us ssn", "uk nino", "german tax id",
    "french insee", "spanish dni", "italian codice fiscale", "dutch bsn", "chinese resident id", "indian aadhaar",
    "brazilian cpf",
]  # fmt: skip

SEPARATORS = str.maketrans("", "", " .-/()")
NANP = re.compile(r"(?:\+?1[ .-]?)?\(?([2-9]\d\d)\)?[ .-]?([2-9]\d\d)[ .-]?\d{4}")
"""Area code and exchange of a North American number begin with 2 to 9 (NANPA)."""
EXTENSION = re.compile(r" ?(?:X|EXT\.?) ?\d{1,6}$")
DATE = re.compile(r"(?:\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.](?:\d{4}|\d\d))(?:[ T].*)?")
TAIL = r"( ?(X|EXT\.?) ?\d{1,6})?"


def _phone(text: str) -> bool:
    """International (E.164: 8 to 15 digits after a plus), North American, or national with a leading zero."""
    number = EXTENSION.sub("", text)
    digits = sum(sign.isdigit() for sign in number)
    if number.startswith("+"):
        return 8 <= digits <= 15 and not re.fullmatch(r"\+\d+\.\d{1,3}", number)
    if NANP.fullmatch(number):
        return True
    if re.match(r"(?:00[1-9]|001[-. ])", number):
        return 10 <= digits <= 17
    return bool(re.match(r"\(?0[1-9]", number)) and 9 <= digits <= 12


def _loose_phone(text: str) -> bool:
    """Any 7 to 15 digits that are no date: enough where the column says that it holds phone numbers."""
    return 7 <= sum(sign.isdigit() for sign in EXTENSION.sub("", text)) <= 17 and not DATE.fullmatch(text)


def _ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _always(_: str) -> bool:
    return True


@dataclass(frozen=True)
class Pattern:
    """One way in which one kind of personal data is written."""

    kind: Kind
    shape: str
    """Regular expression (RE2) of a whole value in capital letters."""
    valid: Callable[[str], bool] = _always
    """What holds of a real one besides its shape."""
    chance: float = 1.0
    """Share of arbitrary values of this shape of which it holds too."""
    telling: str = ""
    """Values that by their form alone can hardly be anything else."""
    squeezed: bool = True
    """Whether separators are taken out before it is asked."""
    named_only: bool = False
    """Whether the column's name must say so too: the shape is that of any number."""
    digits: int = 0
    """Digits that a number column is filled up to with leading zeros, which it has lost."""

    @cached_property
    def written(self) -> re.Pattern[str]:
        """The shape for Python's own engine: compiled once, for the few values that are looked at first."""
        return re.compile(self.shape.replace(r"\pL\pN", r"\w").replace(r"\pL", r"[^\W\d_]"))

    def holds(self, text: str) -> bool:
        """Whether a value of this shape is a real one."""
        return self.valid(text.translate(SEPARATORS) if self.squeezed else text)

    @property
    def needed(self) -> float:
        """Share of the shaped values that must hold: three quarters of the way from chance to all, for misprints."""
        return 1 - (1 - min(self.chance, 0.9)) / 4


PATTERNS = (
    Pattern(
        "email", r"(.{0,60}<|MAILTO:)?[\pL\pN.!#$%&'*+/=?^_`{|}~-]+@[\pL\pN-]+(\.[\pL\pN-]+)*\.\pL{2,}>?", telling=".*"
    ),
    Pattern(
        "phone", rf"\+[1-9][\d ().\-/]{{6,20}}\d{TAIL}|(1[ .-])?(\(\d{{3}}\) ?|\d{{3}}[ .-])\d{{3}}[ .-]\d{{4}}{TAIL}"
        rf"|(\(\d{{2,5}}\)|\d{{2,5}})([ ./-]{{1,3}}\d{{1,9}}){{1,5}}{TAIL}",
        _phone, 0.64, r"[+(].*|\d{3}[-.]\d{3}[-.]\d{4}.*", squeezed=False,
    ),
    Pattern("phone", rf"[+(\d][\d ().\-/]{{5,22}}{TAIL}", _loose_phone, 0.5, squeezed=False, named_only=True),
    Pattern("iban", r"[A-Z]{2}\d{2}([ -]?[A-Z0-9]){11,30}", checksum.iban, 0.01),
    Pattern("payment card", r"[3-6]\d{3}([ -]?\d){8,15}|2\d{3}([ -]?\d{4}){3}", checksum.card, 0.1),
    Pattern("us ssn", r"\d{3}-\d{2}-\d{4}", checksum.ssn, 0.88, telling=".*"),
    Pattern("us ssn", r"\d{9}|\d{3} \d{2} \d{4}", checksum.ssn, 0.88, named_only=True, digits=9),
    Pattern("uk nino", r"[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-Z]", checksum.nino, 0.09, telling=r"\S{2} \d\d \d\d \d\d \S"),
    Pattern("german tax id", r"\d{2} ?\d{3} ?\d{3} ?\d{3}", checksum.german_tax, 0.01, digits=11),
    Pattern(
        "french insee", r"[1-478] ?\d{2} ?\d{2} ?(\d{2}|2[AB]) ?\d{3} ?\d{3}[ -]?\d{2}", checksum.insee, 0.01,
    ),
    Pattern("spanish dni", r"(\d{8}|\d{2}\.\d{3}\.\d{3}|[XYZ]-?\d{7})-?[A-Z]", checksum.dni, 0.04),
    Pattern(
        "italian codice fiscale",
        r"[A-Z]{6} ?[0-9L-V]{2}[ABCDEHLMPRST][0-9L-V]{2} ?[A-Z][0-9L-V]{3} ?[A-Z]", checksum.codice_fiscale, 0.04,
    ),
    Pattern("dutch bsn", r"\d{9}|\d{4}[ .]\d{2}[ .]\d{3}|\d{3}[ .]\d{3}[ .]\d{3}", checksum.bsn, 0.091, digits=9),
    Pattern("chinese resident id", r"[1-9]\d{16}[\dX]", checksum.chinese, 0.01),
    Pattern("indian aadhaar", r"[2-9]\d{3}([ -]?\d{4}){2}", checksum.aadhaar, 0.1),
    Pattern("brazilian cpf", r"\d{3}\.?\d{3}\.?\d{3}-?\d{2}", checksum.cpf, 0.01, digits=11),
    Pattern(
        "ip address", r"\d{1,3}(\.\d{1,3}){3}|[0-9A-F]{0,4}(:[0-9A-F]{0,4}){2,7}(\d{0,3}(\.\d{1,3}){3})?", _ip,
        telling=r"(\d+\.)*(1\d\d|2\d\d)(\.\d+)*|.*:.*", squeezed=False,
    ),
)  # fmt: skip

MENTION = r"[\pL\pN._%+-]+@[\pL\pN-]+(\.[\pL\pN-]+)*\.\pL{2,}"
"""An e-mail address inside a longer text."""
