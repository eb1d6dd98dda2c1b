"""What a guest may do to its host: nothing."""

import os
import socket
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from models import confinement, foreign, guest, runtime
from models.foreign import GuestFailed, Limits, open_foreign

FACTORIES = """
import os, socket, sys, time
import torch
from torch import nn

def bomb():
    return [bytearray(1 << 28) for _ in range(1000)]

def connect():
    socket.create_connection(("127.0.0.1", PORT), timeout=3)

def write():
    with open("/tmp/large", "wb") as large:
        large.write(bytes(1 << 28))

def look():
    raise OSError(" ".join(sorted(os.listdir("/")) + sorted(os.environ)))

def lie():
    for number in range(3, 64):
        try:
            os.write(number, b"\\xff" * 4096)
        except OSError:
            pass

def fail():
    raise KeyError("no such thing")

ACTS = [
    bomb, connect, write, look, lie, fail, os.abort, lambda: os._exit(3), lambda: time.sleep(600),
    lambda: [None for _ in iter(int, 1)],
]

class Linear(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 2)
    def forward(self, x):
        if x[0, 0] >= 100:
            ACTS[int(x[0, 0]) - 100]()
        return self.layer(x)

def good():
    print("a word on stdout"); sys.stdout.flush(); os.write(1, b"noise")
    return Linear()

def aborts(): os.abort()
def sleeps(): time.sleep(600)
def wrong(): return nn.Linear(4, 2)
def nothing(): return None
"""
ACTS = ("bomb", "connect", "write", "look", "lie", "fail", "abort", "exit", "sleep", "spin")
QUICK = Limits(seconds=3, start=30, memory=4096)
ROWS = np.ones((4, 3), np.float32)
confined = pytest.mark.skipif(confinement.bubblewrap() is None, reason="bubblewrap is not here, or does not work here")


@pytest.fixture(scope="module")
def listener():
    """A port on this machine, and who came by."""
    came = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def wait():
            try:
                connection, _ = server.accept()
            except OSError:
                return
            came.append(connection)
            connection.close()

        thread = threading.Thread(target=wait, daemon=True)
        thread.start()
        yield server.getsockname()[1], came
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


@pytest.fixture(scope="module")
def weights(tmp_path_factory, listener):
    """Torch weights and the folder of the code that they belong to."""
    folder = tmp_path_factory.mktemp("brought")
    code = folder / "code"
    code.mkdir()
    (code / "nets.py").write_text(FACTORIES.replace("PORT", str(listener[0])))
    (code / "models.py").write_text("HERE = 'a project may have models of its own'\n")
    torch.manual_seed(0)
    path = folder / "weights.pt"
    torch.save({"layer." + name: value for name, value in nn.Linear(3, 2).state_dict().items()}, path)
    return path, code


@pytest.fixture(scope="module")
def good(weights):
    """One guest for all that does not end it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("A_TOKEN", "secret")
        with opened(weights, "good") as model:
            yield model


def opened(weights, name="good", limits=QUICK, **more):
    path, code = weights
    return open_foreign(path, factory=f"nets:{name}", code=code, limits=limits, **more)


def rows(act):
    """Rows that make the network do something else."""
    return np.full((4, 3), 100 + ACTS.index(act), np.float32)


def test_weights_with_a_factory_answer_as_in_our_process(weights, good):
    state = torch.load(weights[0], weights_only=True)
    expected = torch.softmax(torch.from_numpy(ROWS) @ state["layer.weight"].T + state["layer.bias"], 1)
    assert np.allclose(good.probabilities(ROWS), expected, atol=1e-6)
    assert good.format == "torch"
    assert [one.name for one in good.files] == ["weights.pt", "code/models.py", "code/nets.py"]


@pytest.mark.parametrize("unconfined", [False, True])
def test_a_crash_is_a_sentence(weights, unconfined, monkeypatch):
    if unconfined:
        monkeypatch.setattr(confinement, "bubblewrap", lambda: None)
    with opened(weights) as model:
        assert model.isolation.startswith("process with limits only") == (
            unconfined or confinement.bubblewrap() is None
        )
        assert model.probabilities(ROWS).shape == (4, 2)
        started = time.monotonic()
        with pytest.raises(GuestFailed, match="exit code 3" if unconfined else "SIGABRT"):
            model.probabilities(rows("exit" if unconfined else "abort"))
        assert time.monotonic() - started < 3
        with pytest.raises(GuestFailed, match="ended before"):
            model.probabilities(ROWS)


def test_a_hang_ends_with_its_time(weights):
    with opened(weights, limits=Limits(seconds=0.5)) as model:
        started = time.monotonic()
        with pytest.raises(GuestFailed, match="time limit"):
            model.probabilities(rows("sleep"))
        assert time.monotonic() - started < 3
        assert model._runtime.guest.process.returncode is not None


def test_a_memory_bomb_stops_at_its_limit(weights):
    with opened(weights, limits=replace(QUICK, seconds=120)) as model, pytest.raises(GuestFailed, match="memory"):
        model.probabilities(rows("bomb"))


def test_too_much_cpu_time_ends_a_guest(weights):
    with opened(weights, limits=Limits(seconds=30, cpu=4)) as model, pytest.raises(GuestFailed, match="CPU time"):
        model.probabilities(rows("spin"))


@pytest.mark.parametrize(
    ("name", "says"), [("aborts", "SIGABRT"), ("nothing", "nn.Module"), ("missing", "no 'missing'")]
)
def test_a_factory_that_makes_nothing_is_a_sentence(weights, name, says):
    with pytest.raises(ValueError, match=says):
        opened(weights, name)


def test_a_factory_that_hangs_ends_with_its_time(weights):
    with pytest.raises(GuestFailed, match="time limit"):
        opened(weights, "sleeps", Limits(start=3))


def test_weights_of_another_network_do_not_fit(weights):
    with pytest.raises(foreign.Corrupted, match="do not fit nets:wrong"):
        opened(weights, "wrong")


def test_what_code_raises_is_told_and_the_guest_goes_on(good):
    for _ in range(2):
        with pytest.raises(GuestFailed, match="KeyError: 'no such thing'"):
            good.probabilities(rows("fail"))
    assert good.probabilities(ROWS).shape == (4, 2)


def test_bytes_that_are_no_answer_are_not_believed(weights):
    with opened(weights) as model, pytest.raises(GuestFailed, match="not an answer"):
        model.probabilities(rows("lie"))


@confined
def test_no_connection_leaves_a_guest(good, listener):
    port, came = listener
    assert good.isolation == "process with limits, no network (bubblewrap)"
    with pytest.raises(GuestFailed, match=r"ConnectionRefusedError|OSError"):
        good.probabilities(rows("connect"))
    assert not came
    socket.create_connection(("127.0.0.1", port), timeout=3).close()  # from here it can be reached


@confined
def test_a_guest_sees_neither_our_files_nor_our_environment(good):
    with pytest.raises(GuestFailed) as why:
        good.probabilities(rows("look"))
    words = set(str(why.value).split())
    assert "guest" in words
    assert not {"home", "root", "srv", "A_TOKEN"} & words - _of_python()
    with pytest.raises(GuestFailed, match="OSError"):
        good.probabilities(rows("write"))


def _of_python():
    """Folders at the top that are there because Python lies in them."""
    return {one.strip("/").partition("/")[0] for one in confinement.of_python()}


def test_gradients_are_those_of_the_loss_and_of_the_score(weights, good):
    state = torch.load(weights[0], weights_only=True)
    target = np.array([0, 1, 1, 0])
    point = torch.from_numpy(ROWS.copy()).requires_grad_(True)
    output = point @ state["layer.weight"].T + state["layer.bias"]
    nn.functional.cross_entropy(output, torch.from_numpy(target), reduction="sum").backward()
    assert np.allclose(good.gradient(ROWS, target, batch=3), point.grad, atol=1e-6)
    assert np.allclose(good.gradient(ROWS, target, of="score"), state["layer.weight"][target], atol=1e-6)
    with pytest.raises(ValueError, match="one a row"):
        good.gradient(ROWS, target[:2])


def test_many_parts_come_back_in_order_also_after_a_walk_that_was_left(good):
    some = np.random.default_rng(0).normal(size=(500, 3)).astype(np.float32)
    whole = good.probabilities(some)
    assert np.allclose(good.probabilities(some, batch=7), whole, atol=1e-6)
    left, other = good._asked(some, 100), good._asked(some, 100)
    next(left)
    assert np.allclose(good.probabilities(some, batch=99), whole, atol=1e-6)
    next(other)
    with pytest.raises(GuestFailed, match="something else"):
        next(left)
    bad = some.copy()
    bad[210, 0] = bad[200, 0] = 100 + ACTS.index("fail")
    with pytest.raises(GuestFailed, match="KeyError"):
        good.probabilities(bad, batch=100)
    assert np.allclose(good.probabilities(some), whole, atol=1e-6)


def test_a_closed_guest_leaves_no_process(weights):
    model = opened(weights)
    process = model._runtime.guest.process
    model.close()
    model.close()
    with pytest.raises(GuestFailed, match="ended before"):
        model.probabilities(ROWS)
    deadline = time.monotonic() + 10
    while list(_alive(process.pid)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not list(_alive(process.pid))


def test_facts_are_not_believed_unless_they_are_facts():
    facts = guest.Runner().facts()
    assert runtime._are_facts(facts)
    for name in facts:
        assert not runtime._are_facts({**facts, name: 7})
        assert not runtime._are_facts({one: value for one, value in facts.items() if one != name})


def _alive(group):
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, of = place.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(of) == group and state not in "ZX":
            yield place


def test_a_frame_survives_the_pipe():
    body = guest.packed({"x": guest.numbers(np.arange(6, dtype=np.float32).reshape(3, 2))})
    pieces = guest.frame({"kind": "array", "shape": [3, 2]}, body)
    source, sink = os.pipe()
    guest._send(sink, pieces)
    os.close(sink)
    header, content = guest.read(source)
    assert guest.read(source) is None
    os.close(source)
    assert guest.unpacked(header, content).array().tolist() == [[0, 1], [2, 3], [4, 5]]
