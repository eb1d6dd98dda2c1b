"""People: who may do what here, and the tokens by which somebody acts on the terminal."""

import streamlit as st

from dashboard import access, login, marks, sections, source

archive, visitor = source.archive(), source.visitor()
known, me = access.everybody(archive), access.person_of(archive, visitor)
st.title("People")
if not known:
    st.markdown(
        f"This store belongs to whoever runs it: {marks.plain(visitor.name)}. To share it, let in an admin, who lets in "
        "the others:"
    )
    st.code("answerable people add NAME --issuer URL --subject SUBJECT --role admin", language="bash")
    st.stop()
if me:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"You are **{marks.plain(me.name)}**: {', '.join(me.roles) or 'no role'}.", width="content")
        if login.configured():
            st.button("Log out", on_click=st.logout)
    sections.tokens(archive, me, visitor)
else:
    st.markdown(f"You are {marks.plain(visitor.name)}, known by the operating system alone: you may look, not act.")
sections.people(archive, known, visitor)
