"""What is done with a file that somebody brings: read, registered, audited, compared with the version before."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from audit.bring import pictures
from audit.bring import roles as bring
from audit.bring.roles import Roles
from audit.bring.table import SUFFIXES, Table, open_table
from audit.bring.unreadable import Unreadable
from audit.catalogue import select
from audit.compare import Comparison
from audit.policy import read as read_policy
from audit.report import Report
from audit.rows import Rows
from dashboard import verbs
from dashboard.work import Place
from models.task import UnknownName

if TYPE_CHECKING:
    from audit.bring.asked import Answering, Source
    from audit.bring.brought import Brought
    from audit.look import Look
    from models.card import Card
    from models.endpoint import Endpoint

LISTS = ("groups", "score", "classes", "columns")
ADDRESSES = ("http://", "https://")
ASKED = (".onnx", ".skops", ".ubj", ".txt", ".pt2", ".pt", ".pth")
"""Endings of model files; what ends otherwise may be a table."""
FORBIDDEN = "@/\\"
"""What no name may hold."""
LOOKED = 1_000_000
"""Rows that are looked at."""


@dataclass(frozen=True)
class Offer:
    """The predictions that were brought, and those of the version before."""

    new: Brought
    before: Brought | None
    notes: tuple[str, ...]


def is_table(text: str) -> bool:
    """Whether the words name a table or a task.toml rather than a version."""
    path = Path(text)
    name = path.name.lower().removesuffix(".gz")
    if text == "-" or name.endswith((*SUFFIXES, ".toml")):
        return True
    return path.is_dir() and not (path / "card.json").exists()


def refuse_idle(how: Asking, options: Mapping[str, Any], before: str | None) -> None:
    """Raise ``ValueError`` for an option that would change nothing."""
    if how.data and before is not None:
        raise ValueError("--before is for files of predictions. Audit both models, then type: answerable compare A B")
    asked = {"text": how.text, "factory": how.factory, "code": how.code, "protocol": how.protocol, "token": how.token}
    idle = next(
        (one for one, value in (asked | {"classes": options.get("classes")}).items() if value is not None), None
    )
    if not how.data and idle:
        raise ValueError(f"--{idle} is for a model that is asked about a table; type --data and the table too.")


def refuse_roles(model: str, options: Mapping[str, Any]) -> None:
    """Raise ``ValueError`` for a model that needs a table, and where columns are named and the words name no table."""
    if model.startswith(ADDRESSES) or (Path(model).suffix.lower() in ASKED and Path(model).is_file()):
        raise ValueError(f"{model} was not opened: type --data and the table that it is to be asked about.")
    given = [one for one, value in options.items() if value is not None and value != "classes"]
    if given:
        raise ValueError(f"--{given[0]} is for a file of predictions, and {model!r} is no file that is there.")


@contextmanager
def read(text: str, options: Mapping[str, Any], before: str | None = None) -> Iterator[Offer]:
    """What a file says, with the roles given, written in a task.toml, or guessed where that is allowed."""
    from audit.bring.brought import brought

    given = {name: value for name, value in options.items() if value is not None}
    if text.endswith(".toml"):
        if not Path(text).is_file():
            raise ValueError(f"There is no file {text}. Type: answerable look TABLE --write {text}")
        path, known = bring.read(Path(text))
        given.pop("kind", None) if given.get("kind") == "classes" else None
        roles = _roles(known.model_dump() | _written(given))
        table = open_table(path)
    else:
        table = open_table(text)
        roles = _roles(_written(given), table)
    roles, guesses = bring.guessed(_named(roles, table.name), table.columns)
    if before is None:
        yield _offer(brought(table, roles), None, guesses)
        return
    if roles.id is None:
        raise ValueError("Two files are joined by an id; type --id and its column.")
    old = brought(open_table(before), roles)
    new = brought(table, roles, parent=old.card.digest)
    _refuse_incomparable(old, new)
    yield _offer(new, old, guesses)


@dataclass(frozen=True)
class Asking:
    """A model that is to be asked about a table, and how."""

    data: str
    text: str | None = None
    factory: str | None = None
    code: Path | None = None
    protocol: str | None = None
    """Of an address: the name of the model (Open Inference Protocol), or a JSON file with a template."""
    token: str | None = None
    """Name of the environment variable that holds it."""


@contextmanager
def ask(text: str, options: Mapping[str, Any], how: Asking) -> Iterator[Offer]:
    """What a model that was brought says of a table: a file, a folder, or an address. It can be asked while in here."""
    from audit.bring.asked import asked

    if how.data != "-" and pictures.is_pictures(Path(how.data)):
        yield from _of_pictures(text, options, how)
        return
    said = next((one for one in ("decision", "score") if options.get(one) is not None), None)
    if said:
        raise ValueError(
            f"--{said} is for a file of predictions; of {text} it is what the model answers. Leave it out."
        )
    table = open_table(how.data)
    roles, guesses = _with_truth(
        _roles(_written({k: v for k, v in options.items() if v is not None}), table), table.columns
    )
    with _model(text, how) as (model, source):
        named = _named(roles, source.name if source.served else source.name.partition(".")[0])
        yield _offer(asked(model, source, table, named, text=how.text), None, guesses)


def _with_truth(roles: Roles, columns: Sequence[str]) -> tuple[Roles, tuple[str, ...]]:
    """The roles with the truth guessed by its name where nobody said it; what looks like predictions may be an input."""
    if roles.truth is not None:
        return roles, ()
    known = {one.lower(): one for one in columns if one not in roles.columns()}
    found = next((known[one] for one in bring.TRUTH if one in known), None)
    if found is None:
        raise Unreadable("Of which column is the truth? Type --truth and its name.")
    why = f"column {found!r} is taken as truth, by its name; say --truth to choose another"
    return roles.model_copy(update={"truth": found}), (why,)


def _named(roles: Roles, otherwise: str) -> Roles:
    """The roles with what the model is called: as said, else after the file. A version is asked for as NAME@NUMBER.

    Raises ``ValueError`` for a name that could not be asked for, or that would lead a report into another folder.
    """
    if roles.name is not None and (bad := [one for one in roles.name if one in FORBIDDEN or not one.isprintable()]):
        raise ValueError(f"A model cannot be called {roles.name!r}: leave out {bad[0]!r}.")
    safe = "".join("-" if one in FORBIDDEN or not one.isprintable() else one for one in otherwise)
    return roles.model_copy(update={"name": roles.name or safe})


def _of_pictures(text: str, options: Mapping[str, Any], how: Asking) -> Iterator[Offer]:
    """What a model says of pictures; their classes are the truth unless a column is named."""
    from audit.bring.asked import asked_frame

    found = pictures.open_pictures(Path(how.data))
    given = {"truth": "truth"} if "truth" in found.frame else {}
    roles = _roles(given | _written({name: value for name, value in options.items() if value is not None}))
    if roles.truth is None:
        raise Unreadable(
            f"Of which column is the truth? There are: {', '.join(map(str, found.frame.columns)) or 'none'}."
        )
    for column in roles.columns():
        if column not in found.frame:
            raise UnknownName("column", column, list(map(str, found.frame.columns)))
    with _model(text, how) as (model, source):
        named = _named(roles, source.name if source.served else source.name.partition(".")[0])
        yield _offer(asked_frame(model, source, found.frame, named, found.name, inputs=found.pixels), None, ())


@contextmanager
def _model(text: str, how: Asking) -> Iterator[tuple[Answering, Source]]:
    from audit.bring.asked import Source

    if text.startswith(ADDRESSES):
        with _endpoint(text, how) as endpoint:
            endpoint.metadata()
            facts = tuple(sorted(endpoint.identity().items()))
            name = dict(facts).get("model") or dict(facts)["address"].partition("://")[2].partition("/")[0]
            where = "asked over HTTP; it runs elsewhere"
            yield endpoint, Source("endpoint", name, facts=facts, isolation=where, served=True)
        return
    from models.foreign import open_foreign

    path = Path(text)
    with open_foreign(path, factory=how.factory, code=how.code) as model:
        folder = path if path.is_dir() else path.parent
        made = (("factory", how.factory),) if how.factory else ()
        yield model, Source(model.format, path.name, model.files, model.columns, made, model.isolation, folder)


def _endpoint(text: str, how: Asking) -> Endpoint:
    from models.endpoint import Endpoint, OpenInference, Template

    if how.protocol is None:
        raise ValueError("How is the address asked? Type --protocol and the model's name there, or a template.json.")
    if not how.protocol.endswith(".json"):
        return Endpoint(text, OpenInference(model=how.protocol), token=how.token)
    try:
        given = json.loads(Path(how.protocol).read_text(encoding="utf-8"))
        return Endpoint(text, Template(**given), token=how.token)
    except (TypeError, UnicodeDecodeError, json.JSONDecodeError) as why:
        raise ValueError(
            f"{how.protocol} is no template: {why}. It has request and scores, and may have labels."
        ) from None


def _offer(new: Brought, before: Brought | None, guesses: tuple[str, ...]) -> Offer:
    return Offer(new, before, (*guesses, *new.notes))


def _roles(given: Mapping[str, Any], table: Table | None = None) -> Roles:
    try:
        return Roles.model_validate(given)
    except ValidationError as why:
        told = bring.told(why)
        known = f" The columns are: {', '.join(table.columns[:20])}." if table else ""
        raise Unreadable(f"{told[:1].upper()}{told[1:]}.{known}") from None


def _written(given: Mapping[str, Any]) -> dict[str, Any]:
    """Options as they are typed: lists by commas, group probabilities as ``by=column,column``."""
    made = dict(given)
    for name in LISTS:
        if isinstance(made.get(name), str):
            made[name] = tuple(one.strip() for one in made[name].split(",") if one.strip())
    if (shares := made.get("probabilities")) and isinstance(shares[0], str):
        pairs = [one.partition("=") for one in shares]
        if bad := next((by for by, equals, _ in pairs if not equals), None):
            raise ValueError(f"--group-probabilities {bad} names no columns; type {bad}=COLUMN,COLUMN.")
        made["probabilities"] = tuple((by, tuple(of.split(","))) for by, _, of in pairs)
    return made


def _refuse_incomparable(old: Brought, new: Brought) -> None:
    if old.subject.split != new.subject.split:
        raise ValueError(_unlike(old, new))
    if old.card.digest == new.card.digest:
        raise ValueError("The two files say the same of every row; there is nothing to compare.")
    if not all(Rows.possible(one.subject.evidence) for one in (old, new)):
        raise ValueError(
            "Versions are compared by their decisions, predicted numbers or ranks, and the truth, and these files lack one of the two; "
            "leave --before out, and audit each file."
        )


def _unlike(old: Brought, new: Brought) -> str:
    import numpy as np

    apart = (
        len(np.setdiff1d(new.ids.astype(str), old.ids.astype(str))),
        len(np.setdiff1d(old.ids.astype(str), new.ids.astype(str))),
    )
    if any(apart):
        return (
            f"The two files hold other rows: {apart[0]} ids are in the new one only and {apart[1]} in the one before. "
            "Versions are compared on the same examples."
        )
    return (
        "Truth, groups or weights of the same ids differ between the two files; versions are compared on the same data."
    )


def audit(where: Place, offer: Offer, asked: Mapping[str, Any]) -> tuple[Report, Comparison | None]:
    """Audit what was brought; with a version before, that too, and the two are compared.

    Raises ``UnknownName`` for a check or policy that is not there before anything is kept.
    """
    select(asked.get("checks"))
    read_policy(asked["policy"])
    if offer.before is None:
        return verbs.audit_table(where, offer.new, **asked), None
    first = verbs.audit_table(where, offer.before, **asked)
    second = verbs.audit_table(where, offer.new, **asked)
    return second, verbs.compare(where, first.id, second.id, asked["policy"])


def keep(
    where: Place, path: Path, name: str | None, parent: str | None, how: Asking, options: Mapping[str, Any]
) -> Card:
    """Register a model file. Its decision is the most probable class until it is audited with another.

    options: ``kind``, and ``classes`` and ``columns`` where the file does not name them: what an audit with these words
    asks is then the same version. Raises ``ValueError`` for names that are not those of the file.
    """
    from audit.bring.asked import UNKNOWN
    from audit.bring.brought import card_of, purpose_of
    from audit.bring.kind import settled
    from models.card import Decision, Identity, Origin

    before = where.archive.model(parent).digest if parent else None
    with _model(str(path), how) as (model, source):
        given = _written({one: value for one, value in (dict(options) | {"name": name}).items() if value is not None})
        columns = _once_named("columns", source.columns, given.pop("columns", ()))
        roles, _ = settled(model.says, source.name, _named(_roles(given), source.name.partition(".")[0]), None)
        classes = _once_named("classes", model.classes, roles.classes)
        called = roles.name or source.name
        purpose = purpose_of("unknown", roles, classes)
        identity = Identity(
            architecture=source.format, arguments=source.facts, files=source.files, columns=columns, classes=classes,
            decision=Decision(kind="argmax" if roles.kind == "classes" else "number"),
        )  # fmt: skip
        origin = Origin(
            format=source.format, source=source.name, task=purpose, unknown=(*UNKNOWN, "test data"),
            isolation=source.isolation,
        )  # fmt: skip
        return verbs.register(where, card_of(called, identity, origin, None, before), source.folder)


def _once_named(what: str, known: Sequence[str] | None, said: Sequence[str]) -> tuple[str, ...]:
    """The names that the file knows, else those that were said. Raises ``ValueError`` where they differ."""
    if known and said and tuple(known) != tuple(said):
        raise ValueError(f"The file names its {what} itself: {', '.join(map(str, known))}; leave --{what} out.")
    return tuple(map(str, known or said))


def look(text: str, other: Path | None) -> Look:
    """What a table looks like."""
    from audit.bring import columns
    from audit.look import look as looked

    frame = columns.features(open_table(text).frame(most=LOOKED)).iloc[:LOOKED]
    return looked(
        frame, None if other is None else columns.features(open_table(other).frame(most=LOOKED)).iloc[:LOOKED]
    )


def write_task(text: str, found: Look, path: Path) -> None:
    """Draft a task.toml: the roles that columns may have, each with its reason, and what a datasheet should say.

    Groups and the favourable outcome stand in comments: a person decides on them. Raises ``ValueError`` for standard
    input, and where the file is there already.
    """
    if text == "-":
        raise ValueError("Standard input is gone when it was read; save it as a file, and look at that.")
    if path.exists():
        raise ValueError(f"{path} is there already; choose another name, or remove it.")
    table = Path(text).absolute()
    near = table.parent == path.absolute().parent
    path.write_text("\n".join(_task_lines(table.name if near else str(table), found)) + "\n", encoding="utf-8")


def _task_lines(file: str, found: Look) -> Iterator[str]:
    yield f"# Drafted by answerable look. Correct it, then type: answerable audit {file}"
    yield f"file = {json.dumps(file)}"
    yield f"notes = {json.dumps(list(found.sentences), ensure_ascii=False)}"
    yield "\n[roles]"
    chosen: dict[str, str] = {}
    for one in found.candidates:
        if one.role in ("truth", "decision", "score", "id", "weight", "time") and one.role not in chosen:
            chosen[one.role] = one.column
            yield f"{one.role} = {json.dumps(one.column)}  # {one.reason}"
    if "score" in chosen and "decision" not in chosen:
        yield "# threshold = 0.5  # the lowest score that is decided as positive: a person says which"
    groups = [one for one in found.candidates if one.role == "group"]
    for one in groups:
        yield f"# {one.column}: {one.reason}"
    yield f"# groups = {json.dumps([one.column for one in groups])}  # a person decides which"
    yield '# favourable = "1"  # the outcome people hope for'
    yield 'intended_use = "not stated"'
    yield 'concerns = "not stated"'
    yield "\n# [[roles.margins]]"
    yield '# measure = "fairness.demographic_parity_difference"'
    yield "# limit = 0.05"
    yield '# reason = "why so much is acceptable, said before it is measured"'
    yield "\n# Datasheet: where do the rows come from, when, who is in them and who is not, what was left out and why?"
