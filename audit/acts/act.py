"""One act: what was done about which model, by whom, when, and how that person was known."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal, Self, TypeVar, get_args

from pydantic import ValidationInfo, field_validator, model_validator

from audit.acts.change import Change
from audit.acts.document import Document
from audit.acts.finding import Closing, Finding
from audit.acts.incident import Incident
from audit.acts.inventory import InventoryEntry
from audit.acts.person import Grant, Token, TokenEnd
from audit.acts.publication import Publication
from audit.acts.risk import Risk
from audit.acts.signoff import Approval, Refusal, Release, Request, Withdrawal
from audit.acts.waiver import Waiver
from audit.attestation import Attestation, Binding
from audit.measure import identifier
from audit.scope import Scope
from models.record import Record

Kind = Literal[
    "inventory", "change", "document", "attestation", "scope", "finding", "closing", "waiver", "request", "approval",
    "withdrawal", "release", "refusal", "grant", "token", "token_end", "risk", "incident", "publication",
    "binding",
]  # fmt: skip
KnownBy = Literal["oidc", "token", "os-user"]
Content = (
    InventoryEntry | Change | Document | Attestation | Scope | Finding | Closing | Waiver | Request | Approval
    | Withdrawal | Release | Refusal | Grant | Token | TokenEnd | Risk | Incident | Publication
    | Binding
)  # fmt: skip
NOUNS: dict[str, type[Record]] = dict(zip(get_args(Kind), (
    InventoryEntry, Change, Document, Attestation, Scope, Finding, Closing, Waiver, Request, Approval, Withdrawal,
    Release, Refusal, Grant, Token, TokenEnd, Risk, Incident, Publication, Binding,
), strict=True))  # fmt: skip
"""The record of each kind of act."""
C = TypeVar("C", bound=Record)


class Act(Record):
    """Something a person did about a model, or about a person. Acts are never changed: a later one says otherwise."""

    schema_version: Literal[1] = 1
    kind: Kind
    subject: str
    """Name of the model; of a grant or a token the id of the person."""
    actor: str
    known_by: KnownBy
    created: datetime
    content: Content

    @field_validator("content", mode="before")
    @classmethod
    def _of_its_kind(cls, given: Any, info: ValidationInfo) -> Any:
        noun = NOUNS.get(info.data.get("kind", ""))
        return noun.model_validate(given) if noun and isinstance(given, dict) else given

    @model_validator(mode="after")
    def _says_what_it_is(self) -> Self:
        if type(self.content) is not NOUNS[self.kind]:
            raise ValueError(f"An act of kind {self.kind} holds a {type(self.content).__name__}.")
        return self

    @property
    def id(self) -> str:
        """Derived from everything it says: ``a-`` and 16 base32 characters."""
        return identifier("a", [self.sha256()])


def act(subject: str, content: Content, actor: str, known_by: KnownBy, created: datetime) -> Act:
    """An act from its content, which says what kind it is."""
    kind = next(name for name, noun in NOUNS.items() if noun is type(content))
    return Act.model_validate({
        "kind": kind, "subject": subject, "actor": actor, "known_by": known_by, "created": created, "content": content,
    })  # fmt: skip


def of(acts: Iterable[Act], noun: type[C]) -> list[tuple[Act, C]]:
    """The acts of one noun with their content, in the order they were done."""
    return [(one, one.content) for one in acts if isinstance(one.content, noun)]


def last(acts: Iterable[Act], noun: type[C]) -> tuple[Act, C] | None:
    """The newest act of a noun."""
    return next(reversed(of(acts, noun)), None)
