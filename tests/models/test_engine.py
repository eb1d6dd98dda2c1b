"""Device, precision and ranks: what is picked, and that two processes learn what one would."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from models import engine
from models.fit import Examples, fit
from models.load import load
from models.task import Training

TRAINING = Training(epochs=3, batch=16, rate=0.01)

SCRIPT = """
import os, sys
from pathlib import Path
import torch
from safetensors.torch import save_file
from models import engine, task, train
from models.fit import fit
sys.path.insert(0, {here!r})
from test_engine import TRAINING, examples, network

out = Path(sys.argv[1])
with engine.start(0) as running:
    assert running.choice.world == int(os.environ.get("WORLD_SIZE", "1"))
    learner = network()
    fit(running, learner, examples(), TRAINING, seed=5)
    save_file(learner.state_dict(), out / f"rank{{running.rank}}.safetensors")
train.train(task.read("breast_cancer"), out / "version")
"""


def examples(rows: int = 49) -> Examples:
    """49 rows in batches of 16: the last batch has one row, and the second process none of it."""
    draw = torch.Generator().manual_seed(3)
    inputs = torch.randn(rows, 4, generator=draw)
    return Examples(inputs, (inputs.sum(dim=1) > 0).long(), torch.rand(rows, generator=draw))


def network() -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))


def launched(folder: Path, *launcher: str) -> None:
    folder.mkdir()
    script = folder / "script.py"
    script.write_text(SCRIPT.format(here=str(Path(__file__).parent)))
    environment = {**os.environ, "OMP_NUM_THREADS": "1", engine.DEVICE: "cpu"}
    done = subprocess.run(
        [sys.executable, *launcher, str(script), str(folder)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.realdata
def test_two_processes_learn_what_one_learns(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    two = ["-m", "torch.distributed.run", "--nproc_per_node=2", "--master_addr=127.0.0.1", f"--master_port={port}"]
    launched(tmp_path / "two", *two)
    launched(tmp_path / "one")
    ranks = [load_file(tmp_path / "two" / f"rank{rank}.safetensors") for rank in (0, 1)]
    alone = load_file(tmp_path / "one" / "rank0.safetensors")
    for name, value in alone.items():
        assert torch.equal(ranks[0][name], ranks[1][name])
        torch.testing.assert_close(ranks[0][name], value, atol=1e-5, rtol=1e-4)
    together, single = load(tmp_path / "two" / "version"), load(tmp_path / "one" / "version")
    assert together.card.environment.device == "cpu float32 x 2"
    assert together.card.recipe != single.card.recipe
    assert not (tmp_path / "two" / "version" / "checkpoint.safetensors").exists()


def test_bfloat16_learns_too_and_keeps_float32_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = {}
    for precision in ("float32", "bfloat16"):
        monkeypatch.setenv(engine.PRECISION, precision)
        with engine.start(0) as running:
            assert running.choice.precision == precision
            learner = network()
            fit(running, learner, examples(400), Training(epochs=20, batch=16, rate=0.01), seed=5)
        data = examples(400)
        assert (learner(data.inputs).argmax(dim=1) == data.truth).float().mean() > 0.95
        weights[precision] = learner[0].weight  # type: ignore[index]
    assert weights["bfloat16"].dtype == torch.float32
    assert not torch.equal(weights["bfloat16"], weights["float32"])


def test_what_this_machine_does_not_have_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(engine.DEVICE, "abacus")
    with pytest.raises(ValueError, match=r"'abacus', which this machine does not have. It has: .*cpu"):
        engine.choose()
    monkeypatch.setenv(engine.DEVICE, "cpu")
    monkeypatch.setenv(engine.PRECISION, "float7")
    with pytest.raises(ValueError, match="It may be: float32, bfloat16"):
        engine.choose()


def test_the_callers_torch_is_left_as_it_was() -> None:
    torch.manual_seed(7)
    expected = torch.Generator().manual_seed(7)
    with engine.start(0):
        assert torch.are_deterministic_algorithms_enabled()
        torch.rand(3)
    assert not torch.are_deterministic_algorithms_enabled()
    assert torch.equal(torch.rand(3), torch.rand(3, generator=expected))
