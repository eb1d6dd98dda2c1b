"""Scope."""

import streamlit as st

st.title("Scope")
