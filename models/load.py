"""From a folder or a card to a model that can be asked. Nothing that can run code is opened."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load as read_tensors
from torch import nn

from models import encode, zoo
from models.card import Card, File, Identity
from models.mixture import Mixture, member
from models.record import sha256

CARD, WEIGHTS = "card.json", "weights.safetensors"
PICKLES = frozenset({".bin", ".ckpt", ".joblib", ".pickle", ".pkl", ".pt", ".pt2", ".pth", ".skops"})
FOREIGN = frozenset({".h5", ".keras", ".onnx"})


class Refused(ValueError):
    """A file that is not opened; the message says what to convert it to."""


class Corrupted(ValueError):
    """A file that is not what its card says."""


@dataclass(frozen=True)
class Model:
    """A version that can be asked. It pickles, so it can be sent to another process."""

    card: Card
    net: nn.Module
    """From encoded inputs to logits, in eval mode on the CPU; of a mixture, the logarithm of its mean probabilities."""
    folder: Path

    @property
    def is_table(self) -> bool:
        return bool(self.card.identity.encoding)

    def encode(self, inputs: pd.DataFrame | np.ndarray) -> torch.Tensor:
        """(n, width) or (n, side, side) float32 as ``net`` takes it.

        Raises ``ValueError`` in one sentence for a missing column, infinities, or the wrong kind or shape of input.
        """
        if isinstance(inputs, pd.DataFrame) != self.is_table:
            raise ValueError(
                f"{self.card.title} takes {'a table' if self.is_table else 'images'}, got {_kind(inputs)}."
            )
        if isinstance(inputs, pd.DataFrame):
            return torch.from_numpy(encode.encode(inputs, self.card.identity.encoding))
        side = dict(self.card.identity.arguments)["inputs"]
        if inputs.ndim != 3 or inputs.shape[1:] != (side, side):
            raise ValueError(f"{self.card.title} takes images (n, {side}, {side}), got {inputs.shape}.")
        if not np.isfinite(inputs).all():
            raise ValueError(
                f"{self.card.title} takes grey values in 0..1; some of the given ones are missing or infinite."
            )
        return torch.from_numpy(np.ascontiguousarray(inputs, dtype=np.float32))

    def probabilities(self, inputs: pd.DataFrame | np.ndarray, batch: int = 1024) -> np.ndarray:
        """(n, classes) float64 probabilities; every row sums to 1."""
        encoded = self.encode(inputs)
        with torch.inference_mode():
            parts = [self.net(part).double().softmax(dim=1) for part in torch.split(encoded, batch)]
        return torch.cat(parts).numpy() if parts else np.empty((0, len(self.card.identity.classes)))

    def decide(self, probabilities: np.ndarray) -> np.ndarray:
        """(n,) positions in the classes, from (n, classes) probabilities, by the version's decision rule."""
        decision, classes = self.card.identity.decision, self.card.identity.classes
        if decision.kind == "argmax":
            return np.asarray(probabilities.argmax(axis=1))
        assert decision.positive is not None
        positive = classes.index(decision.positive)
        return np.where(probabilities[:, positive] >= decision.threshold, positive, 1 - positive)

    def spans(self) -> list[tuple[str, int, int]]:
        """(column, start, stop) of each raw column in the encoded vector; none for images."""
        return encode.spans(self.card.identity.encoding)


def load(path: Path) -> Model:
    """The version in a folder (or of a ``card.json``).

    Every file is verified against the card before it is read. Raises ``FileNotFoundError`` where there is no version,
    ``Refused`` for a file that can run code, and ``Corrupted`` for a file or a card that was changed.
    """
    folder = _folder(Path(path))
    card = read_card(folder)
    contents = [_verified(folder, file, card) for file in card.identity.files]
    try:
        weights = {name: value for content in contents for name, value in read_tensors(content).items()}
        net = _network(card.identity, weights)
    except (SafetensorError, RuntimeError) as why:
        raise Corrupted(f"The weights of {card.title} do not fit its card: {str(why).splitlines()[0]}") from None
    return Model(card=card, net=net, folder=folder)


def read_card(folder: Path) -> Card:
    """The card of a version; raises ``FileNotFoundError`` or ``Corrupted``."""
    path = folder / CARD
    if not path.is_file():
        raise FileNotFoundError(f"There is no version in {folder}: it has no {CARD}.")
    try:
        return Card.model_validate_json(path.read_bytes())
    except ValidationError as why:
        first = why.errors()[0]
        raise Corrupted(f"{path} is not a card that can be read: {first['msg']}.") from None


def _folder(path: Path) -> Path:
    if path.suffix.lower() in PICKLES:
        raise Refused(
            f"{path.name} was not opened: {path.suffix} files can run code when they are read. Where you trust its "
            "origin, convert it: safetensors.torch.save_file(model.state_dict(), 'weights.safetensors')."
        )
    if path.suffix.lower() in FOREIGN:
        raise Refused(
            f"{path.name} was not opened: {path.suffix} is not read here. Give the folder of a trained version."
        )
    if not path.exists():
        raise FileNotFoundError(f"There is no file or folder {path}.")
    if path.is_file() and path.name not in (CARD, WEIGHTS):
        raise Refused(f"{path.name} is not a version. Give the folder of a trained version, or its {CARD}.")
    return path if path.is_dir() else path.parent


def _verified(folder: Path, file: File, card: Card) -> bytes:
    path = folder / file.name
    if Path(file.name).name != file.name or path.suffix != ".safetensors":
        raise Refused(
            f"The card of {card.title} names the file {file.name!r}: only safetensors beside the card are read."
        )
    if not path.is_file():
        raise Corrupted(f"{card.title} is incomplete: {path} is missing.")
    content = path.read_bytes()
    if (found := sha256(content)) != file.digest:
        raise Corrupted(
            f"{path} was changed: its SHA-256 is {found[:12]}, the card of {card.title} says {file.digest[:12]}."
        )
    return content


def _network(identity: Identity, weights: dict[str, torch.Tensor]) -> nn.Module:
    networks = []
    for position in range(len(identity.members)):
        network = zoo.build(identity.architecture, dict(identity.arguments), len(identity.classes))
        network.load_state_dict(member(weights, position))
        networks.append(network)
    return (networks[0] if len(networks) == 1 else Mixture(networks, identity.members)).eval()


def _kind(inputs: pd.DataFrame | np.ndarray) -> str:
    return "a table" if isinstance(inputs, pd.DataFrame) else f"an array of shape {np.shape(inputs)}"
