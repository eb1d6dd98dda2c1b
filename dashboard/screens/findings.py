"""Findings."""

import streamlit as st

st.title("Findings")
