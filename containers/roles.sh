#!/usr/bin/env bash
# Runs once, when PostgreSQL makes its data directory: the owner of the tables, the application, and their database.
set -euo pipefail

psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  --set owner_password="$NHC_OWNER_PASSWORD" --set application_password="$NHC_APP_PASSWORD" <<'SQL'
CREATE ROLE nhc_owner LOGIN CREATEDB PASSWORD :'owner_password';
CREATE ROLE nhc_app LOGIN PASSWORD :'application_password';
CREATE DATABASE nhc OWNER nhc_owner;
\connect nhc
CREATE EXTENSION pg_trgm;
CREATE EXTENSION btree_gist;
SQL
