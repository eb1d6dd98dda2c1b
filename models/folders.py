"""Folders that hold somebody else's model: Hugging Face's and MLflow's. What in them is read, and what is refused."""

from __future__ import annotations

import fnmatch
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from models.format import CONVERT, FILES, within
from models.load import Corrupted, Refused

SETTINGS = ("config.json", "tokenizer_config.json", "preprocessor_config.json", "processor_config.json")
PARTS = (
    *SETTINGS,
    *("*.safetensors", "*.safetensors.index.json", "tokenizer.json", "vocab.txt", "vocab.json", "merges.txt"),
    *("special_tokens_map.json", "added_tokens.json", "spiece.model", "sentencepiece.bpe.model", "tokenizer.model"),
)
"""Files of a Hugging Face folder that can change a prediction and hold no code."""
HEADS = ("ForSequenceClassification", "ForImageClassification")


@dataclass(frozen=True)
class Held:
    """A model within a folder."""

    format: str
    path: Path
    """The file, or the Hugging Face folder itself."""
    names: tuple[str, ...]
    """Files of ``root`` that can change a prediction, relative to it."""
    root: Path
    columns: tuple[str, ...] | None = None


def huggingface(folder: Path, root: Path | None = None) -> Held:
    """A Hugging Face folder with a classifier.

    Raises ``Refused`` for code (``auto_map``), pickled weights, adapters, quantised weights, several labels at once and
    a model without a classifier, and ``Corrupted`` for what cannot be read.
    """
    root = root or folder
    names = tuple(
        sorted(one.name for one in folder.iterdir() if any(fnmatch.fnmatch(one.name, part) for part in PARTS))
    )
    for name in names:
        within(root, (folder / name).relative_to(root).as_posix())
    for name in [one for one in SETTINGS if one in names]:
        if _contains(_json(folder / name), "auto_map"):
            raise Refused(
                f"{folder.name} was not opened: {name} names code to be run (auto_map). Use an architecture that "
                "transformers has itself, or export the model to ONNX."
            )
    _has_safe_weights(folder, names)
    _has_a_classifier(folder, _json(folder / "config.json"))
    inner = tuple((folder / name).relative_to(root).as_posix() for name in names)
    return Held("huggingface", folder, inner, root)


def _has_safe_weights(folder: Path, names: tuple[str, ...]) -> None:
    if (folder / "adapter_config.json").exists():
        raise Refused(f"{folder.name} holds an adapter; merge it (merge_and_unload) and save the whole model.")
    if not any(name.endswith(".safetensors") for name in names):
        raise Refused(
            f"{folder.name} was not opened: it has no model.safetensors, and pickled weights can run code. Where you "
            "trust its origin, save it again: model.save_pretrained(folder, safe_serialization=True)."
        )
    for name in [one for one in names if one.endswith(".index.json")]:
        named = _json(folder / name).get("weight_map", {})
        for part in sorted(set(map(str, named.values()))):
            if part not in names or not part.endswith(".safetensors"):
                within(folder, part)
                raise Refused(
                    f"{folder.name} was not opened: {name} names {part!r}, which is no safetensors beside it."
                )


def _has_a_classifier(folder: Path, config: dict[str, Any]) -> None:
    named = config.get("architectures") or ["none"]
    if not isinstance(named, list) or not str(named[0]).endswith(HEADS):
        raise Refused(
            f"{folder.name} has no classifier (architecture {named[0] if isinstance(named, list) else named}); text "
            "and image classification are read. Fine-tune it with a classifier and save that."
        )
    if config.get("quantization_config"):
        raise Refused(f"{folder.name} holds quantised weights; save it in float32, or export it to ONNX.")
    if config.get("problem_type") == "multi_label_classification":
        raise Refused(f"{folder.name} gives several labels at once; a model that decides for one is read.")


def mlflow(folder: Path) -> Held:
    """An MLflow folder that holds ONNX, XGBoost, LightGBM, skops or a Hugging Face folder.

    Raises ``Refused`` for pickles and for what lies outside the folder, and ``Corrupted`` for what cannot be read.
    """
    try:
        described = yaml.safe_load(within(folder, "MLmodel").read_text(encoding="utf-8"))
        flavors = dict(described["flavors"])
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError, ValueError):
        raise Corrupted(f"The MLmodel of {folder.name} cannot be read; log the model again.") from None
    for flavor, key in (("onnx", "data"), ("xgboost", "data"), ("lightgbm", "data"), ("transformers", "model_binary")):
        if isinstance(flavors.get(flavor), dict) and key in flavors[flavor]:
            return _held(folder, flavor, str(flavors[flavor][key]), _columns(described))
    sklearn = flavors.get("sklearn")
    if isinstance(sklearn, dict) and str(sklearn.get("pickled_model", "")).endswith(".skops"):
        return _held(folder, "skops", str(sklearn["pickled_model"]), _columns(described))
    found = ", ".join(sorted(set(flavors) - {"python_function"})) or "python_function"
    raise Refused(
        f"{folder.name} was not opened: its model ({found}) is kept as a pickle, which can run code. {CONVERT}"
    )


def _held(folder: Path, flavor: str, name: str, columns: tuple[str, ...] | None) -> Held:
    place = within(folder, name)
    if flavor == "transformers":
        inner = huggingface(place, folder)
        return Held(inner.format, place, ("MLmodel", *inner.names), folder, columns)
    if FILES.get(place.suffix.lower()) != flavor:
        raise Refused(f"{folder.name} was not opened: {name} is no file of {flavor}. {CONVERT}")
    return Held(flavor, place, ("MLmodel", name), folder, columns)


def _columns(described: dict[str, Any]) -> tuple[str, ...] | None:
    """Names of the inputs in the signature, where it names them."""
    signature = described.get("signature")
    try:
        inputs = json.loads(signature["inputs"]) if isinstance(signature, dict) else []
        names = tuple(str(one["name"]) for one in inputs if one.get("type") != "tensor")
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    return names or None


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except ValueError:
        raise Corrupted(f"{path.parent.name}/{path.name} cannot be read as JSON; copy or save it again.") from None
    if not isinstance(found, dict):
        raise Corrupted(f"{path.parent.name}/{path.name} holds no settings; copy or save it again.")
    return found


def _contains(value: Any, key: str) -> bool:
    if isinstance(value, dict):
        return key in value or any(_contains(one, key) for one in value.values())
    return isinstance(value, list) and any(_contains(one, key) for one in value)
