"""COS002: what asking a served model took is told as it was counted, and only what is known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.checks.served import served
from audit.measure import Measure
from models.served.usage import Usage

USAGE = Usage(
    requests=12, answered=10, rows=500, retries=2, seconds_total=4.0, latency_p50_ms=300.0, latency_p95_ms=700.0,
    latency_p99_ms=900.0, bytes_sent=10_000, bytes_received=5_000, cost=0.25, currency="EUR",
)  # fmt: skip


def asked(usage: Usage) -> dict[str, Measure]:
    return {f"{one.name} {one.setting_text}".strip(): one for one in served(usage)}


def test_latency_throughput_and_cost_are_told() -> None:
    found = asked(USAGE)
    latency = {at: found[f"efficiency.latency of=request percentile={at}"].value for at in (50, 95, 99)}
    assert latency == {50: 300.0, 95: 700.0, 99: 900.0}
    assert found["efficiency.throughput of=request"].value == pytest.approx(125)
    assert (found["efficiency.cost"].value, found["efficiency.cost"].unit) == (0.25, "EUR")
    assert all(one.n == 10 for one in found.values())
    assert all("500 rows in 10 requests, 2 tried again" in one.note for one in found.values())


def test_what_is_not_known_is_not_told() -> None:
    nothing = replace(
        USAGE,
        seconds_total=0.0,
        latency_p50_ms=None,
        latency_p95_ms=None,
        latency_p99_ms=None,
        cost=None,
        currency=None,
    )
    assert asked(nothing) == {}
    assert "efficiency.cost" not in asked(replace(USAGE, cost=None, currency=None))
