"""Breast cancer Wisconsin (diagnostic): is a tumour malignant?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from models.data.datasheet import Datasheet
from models.data.source import Splits, cut, drawn
from models.data.split import Split

CLASSES = ("malignant", "benign")

DATASHEET = Datasheet(
    title="Breast cancer Wisconsin (diagnostic)",
    origin="Wolberg, Street and Mangasarian, University of Wisconsin; carried by scikit-learn.",
    licence="CC BY 4.0 (UCI Machine Learning Repository); scikit-learn is BSD-3.",
    collected="Digitised images of fine needle aspirates of breast masses of 569 patients of one hospital, before "
    "1995; each row describes the cell nuclei of one image by mean, standard error and worst of ten features.",
    known_problems=(
        "Neither age, nor sex, nor race of the patients is recorded: nobody can tell whether it serves all alike.",
        "One hospital, one observer outlining the nuclei, more than thirty years ago.",
        "37 % are malignant, far more than among those who are screened.",
    ),
    citation="Street, Wolberg, Mangasarian (1993), IS&T/SPIE 1905, 861-870.",
)


def load(seed: int) -> Splits:
    """A third of the rows for the test; of the rest four fifths to train and one fifth to validate. 30 numbers."""
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer()
    truth = bunch.target.astype(np.int64)
    whole = Split(
        dataset="breast_cancer",
        part="train",
        inputs=pd.DataFrame(bunch.data, columns=[name.replace(" ", "_") for name in bunch.feature_names]),
        truth=truth,
        classes=CLASSES,
        groups=pd.DataFrame(index=range(len(truth))),
        ids=np.arange(len(truth)),
    )
    test = len(truth) // 3
    return cut(whole, drawn(truth, seed, test=test, validation=(len(truth) - test) // 5))
