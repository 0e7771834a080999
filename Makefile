# What a developer types here. `make test` needs no bench; where one stands it also tests on a real site.

PYTHON ?= python3
PY := .venv/bin/python
OWN_BENCH = $(PY) tools/own_bench.py
export CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

.DEFAULT_GOAL := help
.PHONY: help test demo erpnext-tests bench-console bench-serve bench-down clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

test: .venv/ready ## every test: without a bench, then on a real site and in a real browser
	$(PY) -m pytest tests
	@if $(OWN_BENCH) found; then $(OWN_BENCH) test; fi

demo: .venv/ready ## a site with sample data to look at, until Ctrl-C (PORT=8090)
	@$(OWN_BENCH) demo $(if $(PORT),--port $(PORT))

erpnext-tests: .venv/ready ## ERPNext's own tests, without and with the app (a quarter of an hour)
	@$(OWN_BENCH) erpnext-tests

bench-console: .venv/ready ## a Python console inside the test site
	@$(OWN_BENCH) bench --site test.localhost console

bench-serve: .venv/ready ## the test site in a browser, until Ctrl-C
	@$(OWN_BENCH) serve --site test

bench-down: ## stop every server of this checkout
	@$(PYTHON) tools/own_bench.py down

clean: ## undo what the above has made
	@$(PYTHON) tools/own_bench.py clean
	rm -rf .venv .pytest_cache .hypothesis .ruff_cache .benchmarks test-results *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The tests that need no bench have an environment of their own; it is made anew when pyproject.toml changes.
.venv/ready: pyproject.toml
	@echo "Making .venv for the tests that need no bench (about a minute)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "Python 3.10 or later is needed. Name one: make test PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv --clear .venv || { echo "The remedy: apt-get install python3-venv"; exit 1; }
	@$(PY) -m pip install -qq --disable-pip-version-check --editable ".[test]"
	@touch $@
