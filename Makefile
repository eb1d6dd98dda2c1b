PYTHON ?= python3
CONSTRAINTS ?= constraints.txt
# Where torch comes from. Empty: wherever pip looks. For the CPU build: https://download.pytorch.org/whl/cpu
TORCH_INDEX ?=

VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check -c $(CONSTRAINTS) $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))

.DEFAULT_GOAL := help
.PHONY: help demo dashboard test lint check bench clean

help: ## list these verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/audit.stamp ## install, then train, audit, judge, compare and report on real data
	$(BIN)/answerable demo --folder var

dashboard: $(VENV)/audit.stamp ## open the screens
	$(BIN)/answerable dashboard

test: $(VENV)/dev.stamp ## install what tests need, then run them
	$(BIN)/pytest

lint: $(VENV)/dev.stamp ## style, types, import contracts, dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	-$(BIN)/vulture

check: lint test ## everything that CI runs

bench: $(VENV)/dev.stamp ## measure speed; the last line is one JSON object
	$(BIN)/python -m benchmarks.line

clean: ## remove the virtual environment and what tools left behind; archives stay
	rm -rf $(VENV) dist build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .grimp_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ". Type: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/%.stamp: pyproject.toml $(CONSTRAINTS) | $(BIN)/pip
	$(INSTALL) -e '.[$*]'
	@touch $@
