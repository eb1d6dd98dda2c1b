"""Sign-off."""

import streamlit as st

st.title("Sign-off")
