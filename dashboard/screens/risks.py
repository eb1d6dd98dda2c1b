"""Risk register."""

import streamlit as st

st.title("Risk register")
