# What a developer types here. Nothing needs a bench; where one stands, test and demo use it too.

PYTHON ?= python3
export PYTHON
PY := .venv/bin/python
OWN_BENCH = $(PY) tools/own_bench.py
BENCH_PATH ?= $(HOME)/frappe-bench
export BENCH_PATH
BENCH ?= $(if $(wildcard $(BENCH_PATH)/apps/erpnext/erpnext),yes,no)
LINT := .venv-lint/bin
NODE := .ci/node_modules/.bin
export CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

.DEFAULT_GOAL := help
.PHONY: help test demo lint format hooks ruff ruff-format prettier eslint commit-messages \
	erpnext-tests migration-test bench-console bench-serve bench-down clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

test: .venv/ready ## every test: without a bench, then on a real site and in a real browser
	@echo "The tests that need no bench"
	@$(PY) -m pytest tests
	@if $(OWN_BENCH) found; then $(OWN_BENCH) test; fi

demo: $(if $(filter no,$(BENCH)),.venv-demo,.venv)/ready ## sample data to look at, until Ctrl-C (PORT=8090, BENCH=no)
ifeq ($(BENCH),no)
	@$(if $(filter file,$(origin BENCH)),echo "No bench at $(BENCH_PATH): this is the preview. BENCH_PATH names a bench that lies elsewhere.",:)
	@.venv-demo/bin/python -m preview $(if $(PORT),--port $(PORT))
else
	@$(OWN_BENCH) demo $(if $(PORT),--port $(PORT))
endif

lint: ruff ruff-format prettier eslint commit-messages ## every check of form, in Python, scripts, styles and commits
	@echo "Nothing to mend."

format: .venv-lint/ready .ci/node_modules/ready ## puts the form right where a tool can
	@$(LINT)/ruff check --fix-only --quiet .
	@$(LINT)/ruff format --quiet .
	@$(NODE)/prettier --write --log-level warn $(STYLED)
	@$(NODE)/eslint --config .ci/eslint.config.mjs --fix --quiet .; true
	@echo "Formatted. What is left: make lint"

hooks: .venv-lint/ready .ci/node_modules/ready ## lets git make the checks of lint before each commit
	@$(LINT)/pre-commit install

# The five checks of lint; the hooks of .pre-commit-config.yaml call the same.
REMEDY = { echo "The remedy: make format, and by hand what it leaves." >&2; exit 1; }
STYLED := "**/*.{js,mjs,cjs,scss,css,yml,yaml}"

ruff: .venv-lint/ready
	@echo "[1/5] ruff: the Python code"
	@$(LINT)/ruff check --quiet . || $(REMEDY)

ruff-format: .venv-lint/ready
	@echo "[2/5] ruff: how it is laid out"
	@$(LINT)/ruff format --check --quiet . || $(REMEDY)

prettier: .ci/node_modules/ready
	@echo "[3/5] prettier: how scripts, styles and YAML are laid out"
	@$(NODE)/prettier --check --log-level warn $(STYLED) || $(REMEDY)

eslint: .ci/node_modules/ready
	@echo "[4/5] eslint: the scripts"
	@$(NODE)/eslint --config .ci/eslint.config.mjs --max-warnings 0 . || $(REMEDY)

commit-messages: .venv-lint/ready
	@echo "[5/5] commitizen: the messages of the commits since the last version"
	@.ci/commit_messages

erpnext-tests: .venv/ready ## ERPNext's own tests, without and with the app (a quarter of an hour)
	@$(OWN_BENCH) erpnext-tests

migration-test: ## a site of an older commit, brought to this one; needs a bench (FROM=<commit>)
	@.ci/migration_test $(FROM)

bench-console: .venv/ready ## a Python console inside the test site
	@$(OWN_BENCH) bench --site test.localhost console

bench-serve: .venv/ready ## the test site in a browser, until Ctrl-C
	@$(OWN_BENCH) serve --site test

bench-down: ## stop every server of this checkout
	@$(PYTHON) tools/own_bench.py down

clean: ## undo what the above has made
	@if [ -d .bench ]; then $(PYTHON) tools/own_bench.py clean; fi
	@if [ -x $(LINT)/pre-commit ]; then $(LINT)/pre-commit uninstall; fi
	rm -rf .venv .venv-lint .venv-demo .preview .migration .ci/node_modules build *.egg-info
	rm -rf .pytest_cache .hypothesis .ruff_cache .benchmarks test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Each use has an environment of its own, which is made anew when pyproject.toml changes.
.venv/ready: EXTRAS := test,preview
.venv-lint/ready: EXTRAS := lint
.venv-demo/ready: EXTRAS := preview
.venv/ready .venv-lint/ready .venv-demo/ready: pyproject.toml
	@.ci/prepare python $(@D) $(EXTRAS)

.ci/node_modules/ready: .ci/package-lock.json
	@.ci/prepare node
