# The product as one image: web, worker, beat and the one-shot migration differ only in their command.

FROM node:22-trixie-slim AS front-end
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY static static
RUN npm run build

FROM python:3.13-slim-trixie AS packages
COPY requirements/base.txt /src/
RUN python -m venv /opt/venv \
  && /opt/venv/bin/pip install --no-cache-dir --require-hashes -r /src/base.txt

FROM python:3.13-slim-trixie
# pg_dump and pg_restore of the server's version, for manage.py backup and restore.
RUN apt-get update \
  && apt-get install -y --no-install-recommends postgresql-client-17 \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --system --uid 10001 --home-dir /var/lib/nhc --create-home nhc \
  && install --directory --owner nhc /downtime
COPY --from=packages /opt/venv /opt/venv
WORKDIR /srv/nhc
COPY . .
COPY --from=front-end /src/static/build static/build
ENV PATH=/opt/venv/bin:$PATH \
  PYTHONUNBUFFERED=1 \
  DJANGO_SETTINGS_MODULE=nhc.settings \
  NHC_ENVIRONMENT=production \
  NHC_HOME=/var/lib/nhc
# These values exist for this one line: collecting static files reads the settings and uses none of the secrets.
RUN SECRET_KEY=unused NHC_API_KEY_PEPPER=unused NHC_BODY_KEY=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= \
  NHC_AUDIT_KEY=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= \
  ALLOWED_HOSTS=localhost DATABASE_URL=postgresql://localhost/nhc REDIS_URL=redis://localhost \
  python manage.py collectstatic --no-input --verbosity 0
USER nhc
EXPOSE 8000
CMD ["uvicorn", "nhc.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--lifespan", "off", \
  "--no-proxy-headers", "--no-access-log", "--timeout-graceful-shutdown", "3"]
