"""How a checkpoint leaves the building, as a file, the text of an e-mail or a git note, and how it is read back."""

from __future__ import annotations

import base64
import json
import re
import textwrap
from pathlib import Path

from pydantic import ValidationError

from storage import signing
from storage.checkpoint import Checkpoint

BEGIN = "-----BEGIN ANSWERABLE CHECKPOINT-----"
END = "-----END ANSWERABLE CHECKPOINT-----"
GAP = r"[\s>]+"
ARMOUR = re.compile(rf"{BEGIN}(.*?){END}".replace(" ", GAP), re.DOTALL)
"""Between its words a line may be broken, and quoted."""
LETTER = """\
Answerable checkpoint of {at:%Y-%m-%d %H:%M:%S} UTC

Entries covered:  {size:,}
Head:             {head}
Root:             {root}
Signed by key:    {key}

Keep this message where the people who run the store cannot change it. Saved as FILE, it shows any later change to
what it covers:

    answerable verify --checkpoint FILE

{armour}
"""


def as_json(checkpoint: Checkpoint) -> str:
    """The text of a checkpoint file."""
    return checkpoint.canonical().decode() + "\n"


def as_email(checkpoint: Checkpoint) -> str:
    """A text to be sent: for people, and armoured so that reflowed lines, quoting and line ends do not harm it."""
    coded = base64.b64encode(checkpoint.canonical()).decode().rstrip("=")
    armour = "\n".join([BEGIN, *textwrap.wrap(coded, 64), END])
    return LETTER.format(
        at=checkpoint.at, size=checkpoint.size, head=checkpoint.head, root=checkpoint.root,
        key=signing.short(checkpoint.fingerprint), armour=armour,
    )  # fmt: skip


def as_note(checkpoint: Checkpoint) -> str:
    """The body of a git note (``git notes add -F FILE``): one line for people, one for programs."""
    key = signing.short(checkpoint.fingerprint)
    return f"Answerable checkpoint: {checkpoint.size} entries, signed by {key}\n{as_json(checkpoint)}"


def read_file(path: Path) -> Checkpoint:
    """The checkpoint in a file, whatever else is in it."""
    return read(path.read_text(encoding="utf-8", errors="replace"))


def read(text: str) -> Checkpoint:
    """The checkpoint in any of these texts, the last one where there are several. Raises ``ValueError``."""
    try:
        return Checkpoint.model_validate_json(_json(text))
    except ValidationError as why:
        first = why.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the whole"
        raise ValueError(f"The checkpoint cannot be read: {place}: {first['msg']}; use another copy of it.") from None


def _json(text: str) -> str:
    armoured = ARMOUR.findall(text)
    if armoured:
        return _unarmoured(armoured[-1])
    lines = [line for line in text.splitlines() if line.startswith("{")]
    try:
        json.loads(text)
    except ValueError:
        if not lines:
            raise ValueError(
                "There is no checkpoint in this text; give the file, the e-mail or the git note that holds it, whole."
            ) from None
        return lines[-1]
    return text


def _unarmoured(coded: str) -> str:
    kept = re.sub(r"[^A-Za-z0-9+/]", "", coded)
    try:
        return base64.b64decode(kept + "=" * (-len(kept) % 4)).decode()
    except ValueError:
        raise ValueError("The armoured part of this checkpoint is damaged; use another copy of it.") from None
