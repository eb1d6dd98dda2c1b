"""Sign-off of a version for a stage: asked for, approved on certain evidence, withdrawn, released."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from models.record import Record

Stage = Literal["staging", "production"]


class Signed(Record):
    """On what a sign-off rests; when one of these changes, it no longer holds."""

    model: str
    split: str
    policy: str
    """Digests."""
    policy_name: str
    """Name of the policy, without its version: another digest under it is a changed policy."""
    report: str
    """Report key."""
    judgement: str
    """Judgement id."""


class Request(Record):
    """Somebody asks for a version to be approved for a stage."""

    schema_version: Literal[1] = 1
    stage: Stage
    signed: Signed
    reason: str = ""


class Approval(Record):
    """Somebody approves what was asked for."""

    schema_version: Literal[1] = 1
    request: str
    """Id of the act that asked for it."""
    stage: Stage
    signed: Signed
    conditions: tuple[str, ...] = ()
    ends: date
    waived: tuple[tuple[str, date], ...] = ()
    """(measure, last day) of the waivers without which the gate would be shut."""


class Withdrawal(Record):
    """An approval is taken back."""

    schema_version: Literal[1] = 1
    approval: str
    """Id of the act that approved."""
    reason: str = Field(min_length=10)


class Release(Record):
    """A version goes to a stage, by approvals that were in force."""

    schema_version: Literal[1] = 1
    stage: Stage
    version: str
    """Model digest."""
    approvals: tuple[str, ...] = Field(min_length=1)
    """Ids of the acts that approved."""


class Refusal(Record):
    """An act that was tried and refused, in the words that were said."""

    schema_version: Literal[1] = 1
    tried: str = Field(pattern="^[a-z_]+$")
    """Kind of act, or the deed that a role did not allow."""
    version: str | None = None
    """Model digest."""
    stage: Stage | None = None
    reason: str = Field(min_length=1)
