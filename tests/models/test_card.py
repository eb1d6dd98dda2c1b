"""Who a version is: its identity decides its digest, and nothing else does."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from models.card import Card, Cost, Decision, Environment, Field, File, Identity

IDENTITY = Identity(
    architecture="mlp",
    arguments=(("hidden", 4), ("inputs", 3)),
    files=(File(name="weights.safetensors", digest="ab" * 32, bytes=120),),
    columns=("age", "job"),
    encoding=(
        Field(column="age", kind="number", mean=40.5, scale=2.0),
        Field(column="job", kind="category", levels=("baker",)),
    ),
    classes=("deny", "approve"),
    decision=Decision(kind="threshold", threshold=0.25, positive="approve"),
    members=(0.75, 0.25),
)


def card(identity: Identity = IDENTITY, digest: str | None = None) -> Card:
    return Card(
        name="small",
        version=2,
        task="small",
        identity=identity,
        digest=digest or identity.sha256(),
        dataset="small",
        split_digests=(("test", "cd" * 32),),
        seed=0,
        recipe="ef" * 32,
        environment=Environment(python="3.11", platform="here", threads=1, packages=(), device="cpu"),
        cost=Cost(
            seconds=1.0,
            parameters=9,
            flops_per_example=18,
            training_flops=54.0,
            energy_wh=0.1,
            energy_method="estimated",
        ),
        created=datetime(2026, 1, 2, tzinfo=UTC),
    )


def test_the_digest_of_an_identity_is_the_one_that_was_published() -> None:
    assert IDENTITY.sha256() == "967c4ae65f96b116bc724166121e68f8c62ecfc0f147d9e1460f4217a0918b86"


def test_a_card_survives_being_written_and_read() -> None:
    assert Card.model_validate_json(card().canonical()) == card()
    assert card().title == "small@2"


@pytest.mark.parametrize(
    "change",
    [
        {"classes": ("approve", "deny")},
        {"columns": ("job", "age")},
        {"members": (0.5, 0.5)},
        {"decision": Decision(kind="threshold", threshold=0.26, positive="approve")},
        {"files": ()},
        {"arguments": (("hidden", 5), ("inputs", 3))},
    ],
)
def test_whatever_can_change_a_prediction_changes_the_digest(change: dict[str, object]) -> None:
    assert IDENTITY.model_copy(update=change).sha256() != IDENTITY.sha256()


def test_a_card_whose_identity_was_changed_afterwards_is_not_read() -> None:
    other = IDENTITY.model_copy(update={"members": (0.5, 0.5)})
    with pytest.raises(ValidationError, match="changed after it was written"):
        card(other, digest=IDENTITY.sha256())


def test_a_card_takes_no_field_it_does_not_know_and_no_nan() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        Card.model_validate({**card().model_dump(), "colour": "red"})
    with pytest.raises(ValidationError, match="finite"):
        Field(column="age", kind="number", mean=float("nan"))
