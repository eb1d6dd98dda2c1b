"""Write the populated store of a version, when it is released: ``PYTHONPATH=.:tests/storage python tests/stores/make.py 0.1.0``."""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from pathlib import Path

from storage_samples import ANN, ROWS, card, inventory, judgement, policy, report, split, write_files

from storage.archive import Archive

with tempfile.TemporaryDirectory() as folder:
    here = Path(folder)
    with Archive(f"sqlite:///{here}/store.db", here / "vault") as archive:
        archive.put_split(split(), ANN)
        archive.put_policy(policy(), ANN)
        archive.put_model(card(), write_files(here / "model"), ANN)
        archive.put_report(report(), ROWS, ANN)
        archive.put_judgement(judgement(report()), ANN)
        archive.put_act("mortgage", inventory(), ANN)
    raw = sqlite3.connect(here / "store.db")
    (Path(__file__).parent / f"{sys.argv[1]}.sql").write_text("\n".join(raw.iterdump()) + "\n")
    raw.close()
