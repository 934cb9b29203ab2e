# syntax=docker/dockerfile:1
FROM python:3.11-slim-trixie AS build
WORKDIR /citymark
COPY requirements.lock ./
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md ./
COPY app app
COPY dashboard dashboard
COPY ingest ingest
COPY migrations migrations
COPY data data
RUN /venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation -e . && /venv/bin/python -m compileall -q app dashboard ingest

FROM python:3.11-slim-trixie
# `citymark backup` and `restore` take PostgreSQL's own programs, of the version that compose.yaml starts.
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-client-17 && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /citymark citymark && mkdir -p /citymark/var/files && chown -R citymark /citymark/var
COPY --from=build /venv /venv
COPY --from=build /citymark /citymark
WORKDIR /citymark
USER citymark
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1
VOLUME /citymark/var
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
  CMD ["python", "-c", "import os, ssl; from urllib.request import urlopen; tls = os.environ.get('CITYMARK_TLS_CERT'); urlopen('https://127.0.0.1:8000/readyz' if tls else 'http://127.0.0.1:8000/readyz', timeout=2, context=ssl._create_unverified_context() if tls else None)"]
CMD ["sh", "-c", "citymark migrate && exec citymark serve --host 0.0.0.0 --port 8000"]
