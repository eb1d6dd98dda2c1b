"""Frames in, Altair charts out: intervals first, on screen and on paper alike.

Every chart has a title that says what to see, its unit and n beneath, and a description (its alternative text). Labels
stand above their row, not beside it, so that none is clipped at 420 pixels. Rates are drawn on percent axes.
"""

from __future__ import annotations

import altair as alt

from dashboard import figures
from dashboard.charts import printed
from dashboard.charts.curves import bars, curve, reliability
from dashboard.charts.drawing import Drawing
from dashboard.charts.forest import differences, forest, intervals
from dashboard.charts.heat import heat_map
from dashboard.charts.layout import WIDTH
from dashboard.charts.scatter import trade_off

__all__ = [
    "WIDTH",
    "Drawing",
    "alt_text",
    "bars",
    "curve",
    "differences",
    "forest",
    "heat_map",
    "intervals",
    "printed",
    "reliability",
    "svg",
    "trade_off",
]


def alt_text(chart: alt.LayerChart | Drawing) -> str:
    """What the chart shows, in words."""
    return str(chart.description)


def svg(chart: alt.LayerChart | Drawing) -> str:
    """The chart as SVG, without a browser and without a request."""
    if isinstance(chart, Drawing):
        return chart.svg
    spec = figures.printable(chart.to_dict(validate=False))
    import vl_convert

    return str(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]))
