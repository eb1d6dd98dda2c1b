"""One file, one screen: thin scripts that Streamlit runs."""
