# Needs Python 3.11, 3.12 or 3.13 and nothing else; uses uv where it is there.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help setup demo test dev bench lint lock clean

help: ## show this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(VENV)/.installed ## make the virtual environment

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' \
		|| { echo "Python 3.11 to 3.13 is needed: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
ifdef UV
	$(UV) venv --quiet --clear --python $(PYTHON) $(VENV)
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --require-hashes -r requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps -e .
else
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps -e .
endif
	@touch $@

demo: setup ## run the whole pipeline for an invented organisation
	@$(BIN)/claude-usage demo

test: setup ## run all tests
	@$(BIN)/python -m pytest

dev: setup ## open the Dagster UI on 127.0.0.1:3000
	@$(BIN)/claude-usage dev

bench: setup ## measure and print a table
	@$(BIN)/python -m benchmarks

lint: setup ## check style and types
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

lock: setup ## renew requirements.lock from pyproject.toml (needs uv)
	@uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --quiet -o requirements.lock

clean: ## remove the virtual environment and what the demo made
	rm -rf $(VENV) data/demo dbt_project/target dbt_project/logs
