# Everything a newcomer types. Each target sets up what it needs first; a second time that takes no time.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help install run test test-long lint bench lock

PYTHON := .venv/bin/python
export UV_PYTHON_DOWNLOADS := never

help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

install: ## install what the locks name into .venv and node_modules, and build the style sheet
	@.ci/install

run: install ## serve the product with its demonstration; Ctrl-C stops it all
	@NHC_DEMO=$${NHC_DEMO:-1} exec $(PYTHON) manage.py serve

test: install ## everything that guards a change, browser journeys included
	@.ci/browser
	@$(MAKE) --no-print-directory lint
	@$(PYTHON) -m pytest -n 2 --dist loadgroup -m "not long"

test-long: install ## every test at full length; keeps a report in docs/reports/
	@.ci/browser
	@$(MAKE) --no-print-directory lint
	@.ci/testlong

lint: install ## style, types, layering, templates, migrations, locks and deployment checks
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m djlint templates --quiet --lint
	.venv/bin/lint-imports
	$(PYTHON) -m mypy nhc partners decisions dashboard tests manage.py .ci/locks.py
	$(PYTHON) manage.py makemigrations --check --dry-run
	$(PYTHON) .ci/locks.py
	.ci/deploycheck

bench: install ## measure against the yardsticks; SCALE=full for the goals' own sizes
	@$(PYTHON) manage.py bench --scale $(or $(SCALE),small) $(if $(JSON),--json $(JSON))

lock: install ## resolve every dependency anew into the lock files
	VIRTUAL_ENV=.venv $(PYTHON) -m uv pip compile pyproject.toml --upgrade --universal --generate-hashes \
	  --python-version 3.12 --no-emit-index-url --no-annotate -o requirements/base.txt
	VIRTUAL_ENV=.venv $(PYTHON) -m uv pip compile pyproject.toml --upgrade --extra embedded --extra development \
	  --universal --generate-hashes --python-version 3.12 --no-emit-index-url -o requirements/development.txt
	.ci/npm install --package-lock-only --no-progress
