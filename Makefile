# Kameng. `make` lists what there is; `make run` needs nothing but Python 3.11 or newer.

# The first that is new enough; a name on the path alone proves nothing.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$name && break; done)
BIN := .venv/bin
READY := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help setup run test test-pg15 check format bench docs lock

help: ## This list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(READY) ## Make .venv with exactly the pinned packages (quick when nothing changed)

$(READY): requirements-dev.lock pyproject.toml
	@test -x $(BIN)/python || $(or $(PYTHON),false) -m venv .venv \
		|| { echo "Kameng needs Python 3.11 or newer with venv (make PYTHON=/path/to/python3)"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

run: setup ## Start the whole shop on this machine: database, pages, worker, sandbox gateway
	@$(BIN)/kameng up

test: setup ## All tests; installs what is missing where it may and says what could not be run
	@tools/run_tests

test-pg15: setup ## Only the concurrency tests, on Debian's PostgreSQL 15
	@tools/on_debian_postgres $(BIN)/python -m pytest -m races

check: setup ## Format, lint, types, import contracts, templates, generated documents, translations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint src/kameng/web --lint --quiet
	$(BIN)/python tools/write_docs.py --check
	$(BIN)/python tools/check_translations.py

format: setup ## Format the code and mend what the linter can mend by itself
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup ## Measure, each figure beside a floor taken in the same run
	$(BIN)/python -m benchmarks

docs: setup ## Write the generated documents anew
	$(BIN)/python tools/write_docs.py

lock: setup ## Resolve the dependencies of pyproject.toml into the lock files
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --quiet \
		--generate-hashes --no-header --output-file requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --quiet \
		--generate-hashes --no-header --constraints requirements.lock \
		--output-file requirements-dev.lock
