"""Loading: what a card says, and nothing that can run code."""

import pickle
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import save

from models import file, task, train
from models.card import Card, Identity
from models.data import source
from models.load import Corrupted, Refused, load

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mortgage")
    train.train(task.read("mortgage"), folder)
    return folder


@pytest.fixture
def folder(trained: Path, tmp_path: Path) -> Path:
    """A copy of the trained version that a test may spoil."""
    for path in trained.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def rewritten(folder: Path, **change: object) -> None:
    """Write a card whose identity was changed and whose digest is right for the change."""
    card = Card.model_validate_json((folder / "card.json").read_bytes())
    identity = Identity.model_validate({**card.identity.model_dump(), **change})
    changed = card.model_copy(update={"identity": identity, "digest": identity.sha256()})
    (folder / "card.json").write_bytes(changed.canonical())


class Payload:
    """Unpickling this creates a file."""

    def __init__(self, victim: Path) -> None:
        self.victim = victim

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return (Path.touch, (self.victim,))


def planted(path: Path, victim: Path) -> Path:
    """A file of the given kind with a payload that runs when it is unpickled."""
    if path.suffix in (".pt", ".pth"):
        torch.save(Payload(victim), path)
    elif path.suffix in (".pt2", ".skops"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("archive/data.pkl", pickle.dumps(Payload(victim)))
    else:
        path.write_bytes(pickle.dumps(Payload(victim)))
    return path


def test_the_payload_of_these_tests_does_run_when_unpickled(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Payload(tmp_path / "ran")))
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".pt2", ".pkl", ".pickle", ".joblib", ".skops", ".bin", ".PT"])
def test_a_file_that_can_run_code_is_refused_unopened(tmp_path: Path, suffix: str) -> None:
    victim = tmp_path / "ran"
    with pytest.raises(Refused, match=r"was not opened.*safetensors.torch.save_file"):
        load(planted(tmp_path / f"model{suffix}", victim))
    assert not victim.exists()


def test_a_pickle_in_the_place_of_the_weights_does_not_run(folder: Path) -> None:
    victim = folder / "ran"
    planted(folder / "weights.pt", victim)
    (folder / "weights.safetensors").write_bytes((folder / "weights.pt").read_bytes())
    with pytest.raises(Corrupted, match="was changed"):
        load(folder)
    described = file.write(folder / "weights.safetensors", (folder / "weights.pt").read_bytes())
    rewritten(folder, files=(described,))
    with pytest.raises(Corrupted, match="do not fit its card"):
        load(folder)
    rewritten(folder, files=(described.model_copy(update={"name": "weights.pt"}),))
    with pytest.raises(Refused, match="only safetensors beside the card"):
        load(folder)
    assert not victim.exists()


def test_one_changed_byte_is_noticed(folder: Path) -> None:
    content = bytearray((folder / "weights.safetensors").read_bytes())
    content[-1] ^= 1
    (folder / "weights.safetensors").write_bytes(content)
    with pytest.raises(Corrupted, match=r"weights.safetensors was changed: its SHA-256 is .*mortgage@1"):
        load(folder)


def test_a_changed_card_is_noticed(folder: Path) -> None:
    text = (folder / "card.json").read_text()
    (folder / "card.json").write_text(text.replace('"argmax"', '"threshold"'))
    with pytest.raises(Corrupted, match="changed after it was written"):
        load(folder)
    (folder / "card.json").write_text(text[: len(text) // 2])
    with pytest.raises(Corrupted, match="not a card that can be read"):
        load(folder)


def test_files_outside_the_folder_are_not_read(folder: Path) -> None:
    outside = file.write(folder / "weights.safetensors", (folder / "weights.safetensors").read_bytes())
    rewritten(folder, files=(outside.model_copy(update={"name": "../weights.safetensors"}),))
    with pytest.raises(Refused, match="beside the card"):
        load(folder)


def test_weights_of_another_shape_are_noticed(folder: Path) -> None:
    described = file.write(folder / "weights.safetensors", save({"0.0.weight": torch.zeros(2, 2)}))
    rewritten(folder, files=(described,))
    with pytest.raises(Corrupted, match="do not fit its card"):
        load(folder)


def test_what_is_not_there_is_said_in_one_sentence(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    empty = tmp_path_factory.mktemp("empty")
    with pytest.raises(FileNotFoundError, match=r"has no card\.json"):
        load(empty)
    with pytest.raises(FileNotFoundError, match="There is no file or folder"):
        load(empty / "nowhere")
    (empty / "table.csv").write_text("1\n")
    with pytest.raises(Refused, match=r"table\.csv is not a version"):
        load(empty / "table.csv")
    with pytest.raises(Refused, match=r"\.onnx is not read here"):
        load(empty / "model.onnx")
    (folder / "weights.safetensors").unlink()
    with pytest.raises(Corrupted, match="is missing"):
        load(folder)


def test_a_version_answers_the_same_from_folder_card_and_another_process(trained: Path) -> None:
    test = source.splits("mortgage", 0).test
    model = load(trained)
    answers = model.probabilities(test.inputs)
    assert answers.dtype == np.float64
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-12)
    np.testing.assert_array_equal(load(trained / "card.json").probabilities(test.inputs), answers)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).probabilities(test.inputs), answers)
    np.testing.assert_allclose(model.probabilities(test.inputs, batch=7), answers, atol=1e-6)
    with torch.no_grad():
        logits = model.net(model.encode(test.inputs))
    np.testing.assert_allclose(logits.double().softmax(dim=1).numpy(), answers, atol=1e-6)
    assert not model.net.training
    assert model.probabilities(test.inputs.iloc[:0]).shape == (0, 2)


def test_a_threshold_decides_by_the_probability_of_its_class(folder: Path) -> None:
    rewritten(folder, decision={"kind": "threshold", "threshold": 0.3, "positive": "approve"})
    probabilities = np.array([[0.71, 0.29], [0.7, 0.3], [0.2, 0.8]])
    assert load(folder).decide(probabilities).tolist() == [0, 1, 1]
    rewritten(folder, decision={"kind": "threshold", "threshold": 0.3, "positive": "deny"})
    assert load(folder).decide(probabilities).tolist() == [0, 0, 1]


def test_bad_inputs_are_refused_in_one_sentence(trained: Path) -> None:
    model, inputs = load(trained), source.splits("mortgage", 0).test.inputs
    with pytest.raises(ValueError, match=r"'loanamt' is missing.*'loanamount'"):
        model.probabilities(inputs.rename(columns={"loanamt": "loanamount"}))
    with pytest.raises(ValueError, match="Column 'price' holds an infinite"):
        model.probabilities(inputs.assign(price=np.inf))
    with pytest.raises(ValueError, match="takes a table, got an array of shape"):
        model.probabilities(np.zeros((2, 28, 28)))
    frame = inputs.assign(price=np.nan, cons="never seen")
    assert np.isfinite(model.probabilities(frame)).all()
    assert isinstance(inputs, pd.DataFrame)
