# CPU by default. CUDA: --build-arg TORCH_INDEX= takes the package index's own torch, which brings the CUDA libraries.
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ARG EXTRAS=bring,login,postgres
WORKDIR /src
RUN python3 -m venv /opt/answerable
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY models ./models
COPY audit ./audit
COPY storage ./storage
COPY dashboard ./dashboard
RUN /opt/answerable/bin/pip install --no-cache-dir -c constraints.txt \
    ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} ".[${EXTRAS}]"

FROM ${BASE}
RUN apt-get update && apt-get install -y --no-install-recommends bubblewrap && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home answerable \
    && install -d -o answerable -g answerable -m 700 /var/lib/answerable
COPY --from=build /opt/answerable /opt/answerable
ENV PATH=/opt/answerable/bin:$PATH \
    ANSWERABLE_HOME=/var/lib/answerable
USER 10001
WORKDIR /var/lib/answerable
VOLUME /var/lib/answerable
EXPOSE 8501
STOPSIGNAL SIGINT
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
ENTRYPOINT ["answerable"]
# Inside a container every address must be listened on. Without a login, who gets that far is decided by how the port is
# published: on 127.0.0.1 alone, or behind a proxy that asks. With one (docs/access.md): dashboard --address 0.0.0.0
CMD ["dashboard", "--address", "0.0.0.0", "--without-login"]
