# Linea Diretta in a container: small, not as root, data in /data. See docs/operations.md.
FROM python:3.13-slim AS build
WORKDIR /srv
COPY requirements.lock .
RUN python -m venv /srv/.venv && /srv/.venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock

FROM python:3.13-slim
RUN groupadd --system --gid 10001 linea \
    && useradd --system --uid 10001 --gid 10001 --home-dir /data --create-home linea && chmod 700 /data
# Nothing is written beside the program, so that its file system can be read-only.
ENV PYTHONDONTWRITEBYTECODE=1
WORKDIR /srv
COPY --from=build /srv/.venv /srv/.venv
COPY app.py config.yaml ./
COPY bridges bridges
COPY live live
COPY migrations migrations
COPY models models
COPY routing routing
COPY running running
COPY schedules schedules
COPY settings settings
COPY texts texts
COPY web web
RUN /srv/.venv/bin/python -m compileall -q .
# By number: Kubernetes believes no name to be another than root.
USER 10001:10001
VOLUME /data
EXPOSE 8000
# /data is a mounted folder with config.yaml, in it server.host: 0.0.0.0, and .env; the database comes to lie in it.
HEALTHCHECK --interval=30s --timeout=3s CMD ["/srv/.venv/bin/python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
ENTRYPOINT ["/srv/.venv/bin/python", "/srv/app.py"]
CMD ["serve", "--config", "/data/config.yaml"]
