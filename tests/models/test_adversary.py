"""The inner maximiser: against closed forms of linear models, and within its ball whatever happens."""

import pytest
import torch
from torch import nn

from models.adversary import perturb


def linear(seed: int = 0, inputs: int = 6) -> tuple[nn.Linear, torch.Tensor]:
    """A two-class linear network and the direction in which the logit of class 1 grows over that of class 0."""
    torch.manual_seed(seed)
    network = nn.Linear(inputs, 2)
    return network, (network.weight[1] - network.weight[0]).detach()


@pytest.mark.parametrize("truth", [0, 1])
def test_against_a_linear_model_the_maximum_is_known(truth: int) -> None:
    network, slope = linear()
    inputs, labels = torch.randn(50, 6), torch.full((50,), truth)
    away = slope if truth == 0 else -slope
    found = perturb(network, inputs, labels, 0.3, steps=10)
    torch.testing.assert_close(found, inputs + 0.3 * away.sign(), atol=1e-6, rtol=0)
    found = perturb(network, inputs, labels, 0.3, steps=60, norm="l2", step_size=0.3)
    torch.testing.assert_close(found, inputs + 0.3 * away / away.norm(), atol=1e-4, rtol=0)


def test_radii_per_feature_and_bounds_are_kept() -> None:
    network, slope = linear()
    inputs = torch.rand(50, 6)
    radii = torch.tensor([0.0, 0.1, 0.2, 0.3, 0.4, 0.0])
    low, high = torch.zeros(6), torch.tensor([1.0, 1.0, 1.0, 0.9, 1.0, 1.0])
    found = perturb(network, inputs, torch.zeros(50, dtype=torch.int64), radii, steps=10, low=low, high=high)
    best = torch.minimum(
        torch.maximum(inputs + radii * slope.sign(), torch.minimum(low, inputs)), torch.maximum(high, inputs)
    )
    torch.testing.assert_close(found, best, atol=1e-6, rtol=0)
    assert torch.equal(found[:, [0, 5]], inputs[:, [0, 5]])


def test_what_lies_outside_the_bounds_already_may_stay() -> None:
    network, _ = linear()
    inputs = torch.full((4, 6), 3.0)
    found = perturb(network, inputs, torch.zeros(4, dtype=torch.int64), 0.5, steps=5, low=0.0, high=1.0)
    assert bool((found <= 3.0).all())
    assert bool((found >= 2.5 - 1e-6).all())


def test_black_pixels_are_moved() -> None:
    """A gradient taken through the clamp is zero at the edge of the range: the attack would be stuck there."""
    network = nn.Sequential(nn.Flatten(), nn.Linear(16, 2))
    inputs = torch.zeros(8, 4, 4)
    found = perturb(network, inputs, torch.zeros(8, dtype=torch.int64), 0.2, steps=7, low=0.0, high=1.0)
    wanted = ((network[1].weight[1] - network[1].weight[0]) > 0).view(4, 4)
    torch.testing.assert_close(found, 0.2 * wanted.expand(8, 4, 4).float(), atol=1e-6, rtol=0)


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_more_steps_never_leave_the_ball_and_raise_the_loss(norm: str) -> None:
    torch.manual_seed(1)
    network = nn.Sequential(nn.Linear(6, 32), nn.Tanh(), nn.Linear(32, 3))
    inputs, truth = 20 * torch.randn(200, 6), torch.randint(0, 3, (200,))
    found = perturb(network, inputs, truth, 0.4, 20, norm=norm)  # type: ignore[arg-type]
    change = (found - inputs).double()
    size = change.abs().amax(dim=1) if norm == "linf" else change.norm(dim=1)
    assert float(size.max()) <= 0.4 + 2e-5
    loss = nn.CrossEntropyLoss()
    assert loss(network(found), truth) > loss(network(inputs), truth)


def test_the_network_is_left_as_it_was_and_the_generator_decides() -> None:
    network, _ = linear()
    inputs, truth = torch.randn(5, 6), torch.zeros(5, dtype=torch.int64)
    draws = [
        perturb(network, inputs, truth, 0.3, 1, generator=torch.Generator().manual_seed(seed), step_size=0.01)
        for seed in (4, 4, 5)
    ]
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])
    assert all(parameter.grad is None for parameter in network.parameters())
    assert not draws[0].requires_grad


def test_a_network_whose_gradient_is_not_a_number_is_a_defect_not_a_result() -> None:
    class Broken(nn.Module):
        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            return (inputs - 100).sqrt().sum(dim=1, keepdim=True).expand(-1, 2) * inputs[:, :2]

    with pytest.raises(RuntimeError, match="left its ball"):
        perturb(Broken(), torch.rand(3, 6), torch.zeros(3, dtype=torch.int64), 0.1, 2, norm="l2")


@pytest.mark.parametrize(
    ("epsilon", "steps", "norm", "message"),
    [(-0.1, 3, "linf", "at least 0"), (0.1, 0, "linf", "one step"), (torch.ones(6), 3, "l2", "norm linf")],
)
def test_a_question_without_meaning_is_refused(epsilon: float, steps: int, norm: str, message: str) -> None:
    network, _ = linear()
    with pytest.raises(ValueError, match=message):
        perturb(network, torch.rand(3, 6), torch.zeros(3, dtype=torch.int64), epsilon, steps, norm=norm)  # type: ignore[arg-type]
