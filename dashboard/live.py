"""What is being worked on: looked at while it lasts, stopped or asked for from a screen; a worker does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboard import figures, marks, source
from dashboard.access import Refused
from models.card import Card
from storage.jobs import Job

POLL = 2
"""Seconds between two looks at a job that is not finished."""


def jobs() -> None:
    """Every unfinished job; the screen is drawn anew when one ends."""
    if waiting := source.unfinished():
        _polled([job.id for job in waiting])


def ask_for_audit(card: Card) -> None:
    """A button that asks for an audit; of a version that was brought, what to type: its data are not kept here."""
    if card.origin:
        st.caption(
            f"Brought as {marks.plain(card.origin.source)}. To audit it again type: `answerable audit` and that file."
        )
        return
    digest, title, may = card.digest, card.title, source.may("audit")

    def ask() -> None:
        try:
            job = source.ask_for_audit(digest)
        except Refused as why:
            st.toast(marks.plain(str(why)))
        else:
            st.toast(f"Asked for, as job {figures.short(job.id)}.")

    st.button(f"Ask for an audit of {title}", key=f"ask-{digest[:12]}", on_click=ask, disabled=not may)


@st.fragment(run_every=POLL)
def _polled(known: list[str]) -> None:
    if not source.may("see"):
        st.rerun(scope="app")
    waiting = source.unfinished()
    if [job.id for job in waiting] != known:
        st.rerun(scope="app")
    for job in waiting:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.progress(min(job.done / job.total, 1.0) if job.total else 0.0, text=told(job))
            st.button(
                "Cancel",
                key=f"cancel-{job.id}",
                disabled=job.cancel or not source.may("audit"),
                on_click=_stopper(job.id),
            )


def told(job: Job) -> str:
    """How far a job is, in one line."""
    name = f"{job.kind.capitalize()} {marks.code(job.id)}"
    if job.cancel:
        return f"{name} stops at its next step"
    if job.state == "queued":
        return f"{name} waits for a worker: `answerable worker`"
    steps = f"{job.done} of {job.total} steps done" if job.total else "starting"
    return f"{name}: {marks.plain(job.progress)} · {steps}"


def _stopper(job: str) -> Callable[[], Any]:
    def stop() -> None:
        if source.may("audit"):
            source.jobs().request_cancel(job)

    return stop
