"""Requirements."""

import streamlit as st

st.title("Requirements")
