"""COS002: what did it take to ask a model that is served?"""

from __future__ import annotations

from collections.abc import Iterator

from audit.check import check
from audit.estimate import number
from audit.measure import Measure, setting
from models.served.usage import Usage


@check("COS002", dimension="cost")
def served(usage: Usage, *, level: float = 0.95) -> Iterator[Measure]:
    """How fast does a served model answer, and what did asking it take?

    Measures: the latency of a request with rows, there and back (median, 95th and 99th percentile), the rows answered in
    a second, and what it cost where prices were given.
    Read it: latency is of a request of several rows, over the network that lies between.
    Limits: of the requests of this audit alone; a server under other load answers otherwise.
    Source: Open Inference Protocol; percentiles of all requests that were answered.
    """
    note = f"{usage.rows} rows in {usage.answered} requests, {usage.retries} tried again"
    for percentile in (50, 95, 99):
        value = getattr(usage, f"latency_p{percentile}_ms")
        if value is not None:
            at = setting(of="request", percentile=percentile)
            yield number("efficiency.latency", value, setting=at, n=usage.answered, unit="ms", note=note)
    if usage.seconds_total > 0:
        rate = usage.rows / usage.seconds_total
        yield number(
            "efficiency.throughput", rate, setting=setting(of="request"), n=usage.answered, unit="1/s", note=note
        )
    if usage.cost is not None:
        yield number("efficiency.cost", usage.cost, n=usage.answered, unit=usage.currency or "", note=note)
