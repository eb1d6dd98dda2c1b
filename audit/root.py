"""Where a function crosses 0. As sure as ``scipy.optimize.brentq``, whose import takes longer than many a check."""

from __future__ import annotations

import sys
from collections.abc import Callable


def root(of: Callable[[float], float], low: float, high: float, within: float = 1e-12) -> float:
    """A place between two ends, at which the function has unlike signs, no further than ``within`` from a crossing.

    Inverse quadratic steps where they can be trusted, else halves. Raises ``ValueError`` for ends of one sign.
    Source: Chandrupatla 1997.
    """
    near, far = low, high
    at_near, at_far = of(near), of(far)
    if at_near * at_far > 0:
        raise ValueError(f"the function has one sign at {low:g} and at {high:g}, so it need not cross 0 between them")
    share = 0.5
    while True:
        place = near + share * (far - near)
        value = of(place)
        if (value > 0) == (at_near > 0):
            before, at_before = near, at_near
        else:
            before, at_before, far, at_far = far, at_far, near, at_near
        near, at_near = place, value
        best, least = (near, at_near) if abs(at_near) < abs(at_far) else (far, at_far)
        smallest = (within + 2 * sys.float_info.epsilon * abs(best)) / abs(far - near)
        if least == 0 or smallest > 0.5:
            return best
        along, up = (near - far) / (before - far), (at_near - at_far) / (at_before - at_far)
        share = 0.5
        if up**2 < along and (1 - up) ** 2 < 1 - along:
            share = at_near / (at_far - at_near) * at_before / (at_far - at_before) + (before - near) / (
                far - near
            ) * at_near / (at_before - at_near) * at_far / (at_before - at_far)
        share = min(1 - smallest, max(smallest, share))
