# Thin names for the commands behind them. Everything lives in .venv, made from the locked requirements.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   ?= .venv
BIN     = $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# Tests of one file stay together: they share what is slow to make. PARALLEL= runs them one after another.
PARALLEL ?= -n 2 --dist loadfile

.PHONY: help demo demo-plan test test-all test-postgres quick lint types imports docs bench lock clean

help:  ## show this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/run.stamp  ## open the platform on localhost with example data (Astana; DEMO="--city bishkek")
	$(BIN)/shaar demo $(DEMO)

demo-plan: $(VENV)/run.stamp  ## plan the example city (Astana) and serve the report on localhost
	$(BIN)/shaar demo-plan --out demo/plan $(DEMO)

test: $(VENV)/dev.stamp  ## the quick test suite (under 6 minutes on 2 cores)
	$(BIN)/python -m pytest $(PARALLEL) -m "not slow" $(TESTS)

test-all: $(VENV)/dev.stamp  ## every test
	$(BIN)/python -m pytest $(PARALLEL) $(TESTS)

test-postgres: $(VENV)/dev.stamp  ## the platform's tests again, on a PostgreSQL of their own
	$(BIN)/python scripts/with_postgres.py $(BIN)/python -m pytest $(PARALLEL) tests/platform $(TESTS)

lint: $(VENV)/dev.stamp  ## style
	$(BIN)/ruff check src tests benchmarks scripts examples
	$(BIN)/ruff format --check src tests benchmarks scripts examples

types: $(VENV)/dev.stamp  ## types: strict
	$(BIN)/mypy

imports: $(VENV)/dev.stamp  ## who may import whom
	$(BIN)/lint-imports

docs: $(VENV)/dev.stamp  ## the documentation as a site in site/
	$(BIN)/mkdocs build --strict

bench: $(VENV)/dev.stamp  ## benchmarks; they print tables and need the shared data folder
	$(BIN)/python benchmarks/run.py

lock:  ## resolve the locked requirements anew from pyproject.toml
	$(PYTHON) -m venv $(VENV)-lock && $(VENV)-lock/bin/pip install -q pip-tools
	$(VENV)-lock/bin/pip-compile -q $(LOCK) --extra platform -o requirements/run.txt pyproject.toml
	$(VENV)-lock/bin/pip-compile -q $(LOCK) --extra platform --extra dev -c requirements/run.txt -o requirements/dev.txt pyproject.toml
	rm -r $(VENV)-lock
LOCK = --generate-hashes --strip-extras --allow-unsafe --no-header --no-emit-index-url --no-emit-find-links --no-emit-trusted-host

clean:  ## remove what these commands made
	rm -rf $(VENV) site demo .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Shaar needs Python 3.11 or newer, found " + sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements/run.txt pyproject.toml | $(VENV)/bin/python
	@echo "installing Shaar and what it needs into $(VENV) (once; a minute or two)"
	$(BIN)/pip install -q --require-hashes -r requirements/run.txt
	$(BIN)/pip install -q --no-deps -e .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	$(BIN)/pip install -q --require-hashes -r requirements/dev.txt
	@touch $@
