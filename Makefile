# Commands for developers. Most of them need no bench. If there is one, test and demo use it.

PYTHON ?= python3
export PYTHON
PY := .venv/bin/python
OWN_BENCH = $(PY) tools/own_bench.py
BENCH_PATH ?= $(HOME)/frappe-bench
export BENCH_PATH
BENCH ?= $(if $(wildcard $(BENCH_PATH)/apps/erpnext/erpnext),yes,no)
LINT := .venv-lint/bin
NODE := .ci/node_modules/.bin
SEMGREP_RULES ?= .semgrep-rules/rules
export CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

.DEFAULT_GOAL := help
.PHONY: help test test-deep demo lint format hooks ruff ruff-format imports prettier eslint commit-messages semgrep \
	erpnext-tests migration-test bench-console bench-serve bench-down clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

test: .venv/ready ## run all tests: without a bench, then on a site and in a browser
	@echo "Tests without a bench"
	@$(PY) -m pytest tests --numprocesses auto --maxprocesses 4 --dist worksteal
ifeq ($(BENCH),no)
	@echo "There is no bench at $(BENCH_PATH), so the site and browser tests were skipped. CONTRIBUTING.md explains how to install one."
else
	@$(OWN_BENCH) test
endif

test-deep: .venv/ready ## run the domain tests with fifty times as many examples
	@$(PY) -m pytest tests/domain --numprocesses auto --maxprocesses 4 --dist worksteal --hypothesis-profile ci-deep

demo: $(if $(filter no,$(BENCH)),.venv-demo,.venv)/ready ## serve sample data until Ctrl-C (PORT=8090, BENCH=no for the preview)
ifeq ($(BENCH),no)
	@$(if $(filter file,$(origin BENCH)),echo "No bench at $(BENCH_PATH): starting the preview. Set BENCH_PATH if the bench is elsewhere.",:)
	@.venv-demo/bin/python -m preview $(if $(PORT),--port $(PORT))
else
	@$(OWN_BENCH) demo $(if $(PORT),--port $(PORT))
endif

lint: ruff ruff-format imports prettier eslint commit-messages ## run every linter
	@echo "No problems found."

format: .venv-lint/ready .ci/node_modules/ready ## fix what the linters can fix
	@$(LINT)/ruff check --fix-only --quiet .
	@$(LINT)/ruff format --quiet .
	@$(NODE)/prettier --write --log-level warn $(STYLED)
	@$(NODE)/eslint --config .ci/eslint.config.mjs --fix --quiet .; true
	@echo "Formatted. To see the remaining problems: make lint"

hooks: .venv-lint/ready .ci/node_modules/ready ## install hooks that run the linters before each commit
	@$(LINT)/pre-commit install

# The linters; the hooks of .pre-commit-config.yaml call the same targets.
ADVICE = { echo "To fix what can be fixed automatically: make format" >&2; exit 1; }
STYLED := "**/*.{js,mjs,cjs,scss,css,yml,yaml}"

ruff: .venv-lint/ready
	@echo "[1/6] ruff: Python code"
	@$(LINT)/ruff check --quiet . || $(ADVICE)

ruff-format: .venv-lint/ready
	@echo "[2/6] ruff: formatting of Python code"
	@$(LINT)/ruff format --check --quiet . || $(ADVICE)

imports: .venv-lint/ready
	@echo "[3/6] import-linter: imports between packages"
	@PYTHONPATH=.ci:. $(LINT)/lint-imports --no-cache --no-logo >.venv-lint/imports.log 2>&1 || { cat .venv-lint/imports.log >&2; exit 1; }

prettier: .ci/node_modules/ready
	@echo "[4/6] prettier: formatting of scripts, styles and YAML"
	@$(NODE)/prettier --check --log-level warn $(STYLED) || $(ADVICE)

eslint: .ci/node_modules/ready
	@echo "[5/6] eslint: scripts"
	@$(NODE)/eslint --config .ci/eslint.config.mjs --max-warnings 0 . || $(ADVICE)

commit-messages: .venv-lint/ready
	@echo "[6/6] commitizen: commit messages since the last version"
	@.ci/commit_messages

semgrep: .venv-semgrep/ready ## run Frappe's own rules (SEMGREP_RULES=<folder>)
	@if [ -d "$(SEMGREP_RULES)" ]; then \
		.venv-semgrep/bin/semgrep scan --metrics off --disable-version-check --quiet --error --config "$(SEMGREP_RULES)" \
			$(SEMGREP_OPTIONS) micro_experiences; \
	else \
		echo "No rules at $(SEMGREP_RULES). To get them: git clone --depth 1 https://github.com/frappe/semgrep-rules .semgrep-rules" >&2; \
		exit 1; \
	fi

erpnext-tests: .venv/ready ## run ERPNext's own tests without the app and with it (15 minutes)
	@$(OWN_BENCH) erpnext-tests

migration-test: ## migrate a site from an older commit to this one; needs a bench (FROM=<commit>)
	@.ci/migration_test $(FROM)

bench-console: .venv/ready ## open a Python console in the test site
	@$(OWN_BENCH) bench --site test.localhost console

bench-serve: .venv/ready ## serve the test site until Ctrl-C
	@$(OWN_BENCH) serve --site test

bench-down: ## stop every server of this checkout
	@$(PYTHON) tools/own_bench.py down

clean: ## remove everything that these commands created
	@if [ -d .bench ]; then $(PYTHON) tools/own_bench.py clean; fi
	@if [ -x $(LINT)/pre-commit ]; then $(LINT)/pre-commit uninstall; fi
	rm -rf .venv .venv-lint .venv-semgrep .venv-demo .semgrep-rules .preview .migration .ci/node_modules build *.egg-info
	rm -rf .pytest_cache .hypothesis .ruff_cache .benchmarks test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Each use has its own environment, which is created again when pyproject.toml changes.
.venv/ready: EXTRAS := test,preview
.venv-lint/ready: EXTRAS := lint
.venv-semgrep/ready: EXTRAS := semgrep
.venv-demo/ready: EXTRAS := preview
.venv/ready .venv-lint/ready .venv-semgrep/ready .venv-demo/ready: pyproject.toml
	@.ci/prepare python $(@D) $(EXTRAS)

.ci/node_modules/ready: .ci/package-lock.json
	@.ci/prepare node
