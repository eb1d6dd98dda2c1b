"""What every screen is put together from: charts, tables, strips of facts, links that keep the address."""

from __future__ import annotations

from datetime import tzinfo
from zoneinfo import ZoneInfo

import altair as alt
import pandas as pd
import streamlit as st

from audit.report import Report
from dashboard import marks
from dashboard.figures import rate_of, title, with_interval
from dashboard.theme import DARK, LIGHT, Palette
from storage.queries import Point

FEW = 6
"""Options that stand side by side; more are in a list that opens."""
TEXTS = (
    "[class*=st-key-texts] { table { table-layout: fixed; } th { width: 50%; } "
    "td * { overflow-wrap: anywhere !important; max-width: none !important; } }"
)
"""The style of a table of sentences."""


def palette() -> Palette:
    """The colours of the reader's theme."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def chart(drawn: alt.LayerChart, key: str) -> None:
    """A chart in our look and not Streamlit's, as wide as the page. Its description is its alternative text."""
    fitted = drawn.properties(autosize=alt.AutoSizeParams(type="fit-x", contains="padding"))
    st.altair_chart(fitted, theme=None, width="stretch", key=key)


def zone() -> tzinfo | None:
    """The reader's time zone; ``None`` where the browser does not say, which is this machine's."""
    return ZoneInfo(st.context.timezone) if st.context.timezone else None


def identity(facts: dict[str, str]) -> None:
    """A strip of small facts that wraps as the window narrows."""
    with st.container(horizontal=True, gap="small"):
        for name, value in facts.items():
            st.markdown(f":small[:gray[{name}]]  \n{value}", width="content")


def table(frame: pd.DataFrame, alt: str) -> None:
    """A printed table: rules between rows, no grid."""
    st.table(frame, border="horizontal", hide_index=True, alt=alt)


def texts(frame: pd.DataFrame, alt: str, key: str) -> None:
    """A table of sentences in two columns, each half as wide as the page; no word runs out of its own."""
    st.html(f"<style>{TEXTS}</style>")
    with st.container(key=f"texts-{key}"):
        table(frame, alt)


def rule() -> None:
    """A hairline between rows."""
    st.html('<hr style="margin: 0.4rem 0; border: 0; border-top: 1px solid; opacity: 0.15">')


def trend(points: list[Point], name: str) -> None:
    """The newest value of a measure, and how it came there over the last versions."""
    last = points[-1]
    drawn = marks.spark([(one.value, one.low, one.high) for one in points], palette()["accent"])
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        value = with_interval(last.value, last.low, last.high, rate=rate_of(name))
        st.markdown(f"{value}  \n:small[:gray[{title(name)}]]", width="content")
        st.image(drawn, width=marks.WIDTH, alt=f"{title(name)} over the last {len(points)} versions")


def asked(parameter: str) -> str:
    """What the address asks for, else nothing. Put there again: a link from a screen to itself does not change it."""
    given = st.query_params.get(parameter, "")
    if given:
        st.query_params[parameter] = given
    return given


def start(length: int, parameter: str = "from", first: int = 0) -> int:
    """Where in a list the address begins, or how far it goes; a list that is shorter by now is shown from its first."""
    given = asked(parameter)
    return int(given) if given.isdecimal() and len(given) < 7 and int(given) < length else first


def everything(label: str) -> None:
    """A way back to the whole list: nothing is asked for any more."""
    st.button(label, type="tertiary", on_click=st.query_params.clear)


def more(label: str, page: str, **at: str) -> None:
    """A link to the next page of a list that keeps the filters in the address."""
    st.page_link(page, label=label, query_params={**st.query_params.to_dict(), **at}, help="")


def choose(label: str, parameter: str, options: list[str], current: str) -> None:
    """A choice of version that lives in the address."""
    key = f"{parameter}-{current}"
    known = options if current in options else [current, *options]

    def put() -> None:
        st.query_params[parameter] = st.session_state[key]

    st.selectbox(label, known, index=known.index(current), key=key, on_change=put, width=260)


def pick(label: str, parameter: str, options: list[str]) -> str:
    """One of several, in the address; what the address asks for and is not there is said."""
    asked = st.query_params.get(parameter)
    if asked and asked not in options:
        known = ", ".join(options[:FEW])
        st.warning(f"There is no {marks.plain(asked)} here. {label}: {marks.plain(known)}.")
    if len(options) > FEW:
        return st.selectbox(label, options, key=parameter, bind="query-params", width=360)
    return st.pills(label, options, default=options[0], required=True, key=parameter, bind="query-params") or options[0]


def narrow(label: str, parameter: str, values: pd.Series) -> str | None:
    """A filter that lives in the address: one of the values that occur, or none."""
    options = list(dict.fromkeys(map(str, values)))
    asked = st.query_params.get(parameter)
    if asked and asked not in options:
        st.warning(f"Nothing here is {marks.plain(asked)}; everything is shown.")
    return st.pills(label, options, key=parameter, bind="query-params", wrap=True)


def to(page: str, label: str, report: Report) -> None:
    """A link to another screen about the same report."""
    st.page_link(page, label=label, query_params={"id": report.id}, help="")
