# Needs Python 3.11, 3.12 or 3.13 and nothing else; uses uv where it is there.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help setup demo quick test soak dev dashboard bench docs screenshots registers lint audit lock prices clean

help: ## show this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(VENV)/.installed ## make the virtual environment

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' \
		|| { echo "Python 3.11 to 3.13 is needed: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
ifdef UV
	$(UV) venv --quiet --clear --python $(PYTHON) $(VENV)
	$(UV) pip install --quiet --compile-bytecode --python $(BIN)/python --no-deps --require-hashes -r requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps -e .
else
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps -e .
endif
	@touch $@

demo: setup ## run the whole pipeline for an invented organisation
	@$(BIN)/claude-usage demo

quick: setup ## run the tests to run while editing: no server, no pipeline
	@$(BIN)/python -m pytest -q -m quick

test: setup ## run all tests that a change must pass
	@$(BIN)/python -m pytest -m "not soak"

soak: setup ## run kills at random moments and storms
	@$(BIN)/python -m pytest -m soak

dev: setup ## open the Dagster UI on 127.0.0.1:3000
	@$(BIN)/claude-usage dev

dashboard: setup ## open the dashboard on 127.0.0.1:8600
	@$(BIN)/claude-usage dashboard

bench: setup ## measure and print a table
	@$(BIN)/python -m benchmarks

DOCS_WAREHOUSE := $(or $(WAREHOUSE_PATH),$(firstword $(wildcard data/warehouse.duckdb data/demo/warehouse.duckdb)))

docs: setup ## write the documentation of all tables into data/docs
	@test -n "$(DOCS_WAREHOUSE)" || { echo "There is no warehouse yet: make demo"; exit 1; }
	@cd dbt_project && WAREHOUSE_PATH="$(abspath $(DOCS_WAREHOUSE))" $(abspath $(BIN))/dbt --quiet docs generate \
		--static --profiles-dir . --target-path ../data/docs --log-path ../data/docs
	@echo "data/docs/static_index.html"

screenshots: setup ## make the README's images anew, of what the demo has left
	@$(BIN)/python docs/images/make.py

registers: setup ## write what dbt knows of sources and reports
	@$(BIN)/python -m dbt_project.write_registers

prices: setup ## renew the seed of list prices
	@$(BIN)/python dbt_project/seeds/prices/renew_list_prices.py

lint: setup ## check style and types
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

audit: setup ## look for known vulnerabilities of the locked packages (needs uv)
	@$(BIN)/python .ci/audit.py

lock: setup ## renew requirements.lock from pyproject.toml (needs uv)
	@uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --quiet -o requirements.lock

clean: ## remove the virtual environment and what the demo made
	rm -rf $(VENV) data/demo dbt_project/target dbt_project/logs
