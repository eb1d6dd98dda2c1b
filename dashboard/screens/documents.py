"""Documents: what people wrote about a version and stated by name, and drafts of what is missing."""

import streamlit as st

from audit.acts.act import of
from audit.attestation import Attestation
from dashboard import filing, governing, marks, parts, source
from dashboard.sections import documents
from dashboard.views import documents as views
from storage import queries

archive = source.archive()
names = queries.names(archive.database)
address = st.query_params
if not names:
    st.title("Documents")
    st.markdown("No model is kept yet, so there is nothing to document. This makes the first ones:")
    st.code("answerable demo", language="bash")
    st.stop()
found = source.wanted(address.get("id") or address.get("model")) or source.asked(names[0])
card = found.card
stands = governing.state(archive, card.name)
filed = filing.documents(archive, card.digest)
lines = views.lines(filing.named_kinds(), filed, filing.scope_of(archive, card.digest), stands, card.digest)
line = next((one for one in lines if one.kind == address.get("kind")), None)
st.title(line.name if line else "Documents")
with st.container(horizontal=True, vertical_alignment="bottom"):
    older = [one.title for one in queries.older_versions(archive.database, card.name, below=2**31)]
    newest = queries.titles(archive.database, names).values()
    parts.choose("Version", "id", list(dict.fromkeys([*older, *newest])), card.title)
    if line:
        st.page_link("screens/documents.py", label="All documents", query_params={"id": card.title}, help="")
    st.page_link("screens/requirements.py", label="Requirements", query_params={"id": card.title}, help="")
    st.page_link("screens/risks.py", label="Risk register", query_params={"id": card.name}, help="")
if address.get("kind") and not line:
    st.warning(f"There is no kind of document {marks.plain(address['kind'])}; all are shown.")
if line:
    documents.one(line, [one for one in filed if one[1].kind == line.kind], card)
    st.stop()

st.markdown(views.sentence(lines, card.title))
documents.listed(lines, card)
st.header("Attestations")
said = of(archive.acts(card.name, "attestation"), Attestation)
documents.attestations(views.attestations(said, card, stands.today, parts.zone()), card)
