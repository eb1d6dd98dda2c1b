"""Architectures: shapes, cost by hand, and normalisation inside."""

import pytest
import torch

from models import zoo
from models.cost import flops_per_example
from models.mixture import Mixture
from models.task import UnknownName


def test_the_classic_network_takes_pictures_with_and_without_a_channel() -> None:
    network = zoo.build("cnn", {"inputs": 28}, classes=10).eval()
    images = torch.rand(3, 28, 28)
    with torch.no_grad():
        assert network(images).shape == (3, 10)
        assert torch.equal(network(images), network(images.unsqueeze(1)))


def test_operations_and_parameters_are_those_of_the_formula() -> None:
    network = zoo.build("cnn", {"inputs": 28}, classes=10)
    multiply_accumulate = 28 * 28 * 32 * 9 + 14 * 14 * 64 * 32 * 9 + 64 * 7 * 7 * 10
    assert flops_per_example(network, torch.rand(1, 28, 28)) == 2 * multiply_accumulate
    assert sum(one.numel() for one in network.parameters()) == 320 + 18_496 + 31_370
    deep = zoo.build("mlp", {"inputs": 7, "hidden": 5, "layers": 2}, classes=3)
    assert flops_per_example(deep, torch.rand(1, 7)) == 2 * (7 * 5 + 5 * 5 + 5 * 3)


def test_a_mixture_answers_the_weighted_mean_of_probabilities_and_has_gradients() -> None:
    torch.manual_seed(0)
    members = [zoo.build("mlp", {"inputs": 4}, classes=2) for _ in range(3)]
    shares = (0.2, 0.5, 0.3)
    inputs = torch.randn(6, 4, requires_grad=True)
    answer = Mixture(members, shares)(inputs)
    mean = sum(share * one(inputs).softmax(dim=1) for share, one in zip(shares, members, strict=True))
    torch.testing.assert_close(answer.softmax(dim=1), mean)
    torch.testing.assert_close(answer.exp(), mean)
    assert torch.autograd.grad(answer[:, 1].sum(), inputs)[0].abs().sum() > 0


def test_an_unknown_architecture_or_argument_is_said_so() -> None:
    with pytest.raises(UnknownName, match=r"no architecture 'cn'\. Did you mean 'cnn'"):
        zoo.build("cn", {}, classes=2)
    with pytest.raises(ValueError, match=r"'mlp' cannot be built from .*colour"):
        zoo.build("mlp", {"inputs": 3, "colour": "red"}, classes=2)
