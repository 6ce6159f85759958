# Every target sets up what it needs: a virtual environment in .venv, with everything from PyPI.

PYTHON ?= python3
JOBS ?= 2

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test test-all bench bench-speed bench-boards bench-ep bench-ff lint docs clean distclean

BIN := $(CURDIR)/.venv/bin
PY := "$(BIN)/python"
PIP_INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check
PYTEST := $(PY) -m pytest -n $(JOBS)

DEMO_DESIGNS := $(addprefix examples/,bayes-digits.toml bayes-wine-logarithmic.toml bayes-wine-stochastic.toml \
	bayes-breast-cancer-logarithmic.toml bayes-breast-cancer-stochastic.toml ep-digits-32-lanes.toml \
	ff-digits.toml)
BENCH_DESIGNS := examples/bayes-digits.toml examples/bayes-wine-stochastic.toml

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "Variables: PYTHON=$(PYTHON) (creates .venv), JOBS=$(JOBS) (test processes)"

demo: .venv/.installed ## generate, co-simulate and train the example designs; results in build/demo
	"$(BIN)/hwgen" demo $(DEMO_DESIGNS) -o build/demo

test: .venv/.installed ## the default test suite, documentation examples included
	$(PYTEST) -m "not slow"

test-all: .venv/.installed ## every test, more random configurations, and golden models that check their indices
	HWGEN_TEST_PROFILE=full NUMBA_BOUNDSCHECK=1 $(PYTEST)

bench: bench-speed bench-boards ## measure what docs/results records of speed and area; takes hours (learning: bench-ep, bench-ff)

bench-speed: .venv/.installed ## measure the speed of simulation; results in docs/results
	"$(BIN)/hwgen" bench $(BENCH_DESIGNS) -o docs/results

bench-boards: .venv/.installed-boards ## take the recorded designs to boards; results in docs/results; takes hours
	"$(BIN)/hwgen" bench-boards -o docs/results
	"$(BIN)/hwgen" bench-boards --core ep -o docs/results
	"$(BIN)/hwgen" bench-boards --core ff -o docs/results

bench-ep: .venv/.installed ## measure what equilibrium propagation learns, on MNIST in HWGEN_DATA; takes an hour or two
	"$(BIN)/hwgen" experiment ep -o docs/results

bench-ff: .venv/.installed ## measure what Forward-Forward learns, on MNIST in HWGEN_DATA; takes hours
	"$(BIN)/hwgen" experiment ff --full -o docs/results

lint: .venv/.installed ## ruff and mypy
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

docs: .venv/.installed-docs ## build the documentation into build/docs and run its examples
	$(PY) -m sphinx -W --keep-going -q -b html docs build/docs/html
	$(PY) -m sphinx -W --keep-going -q -b doctest docs build/docs/doctest
	$(PY) -m pytest -q rtl_tests/test_documents.py
	@echo "The documentation is in build/docs/html/index.html"

clean: ## remove what was built, but keep .venv
	rm -rf build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -path ./.venv -prune -o -type d \( -name __pycache__ -o -name sim_build \) -prune -exec rm -rf {} +

distclean: clean ## remove .venv too
	rm -rf .venv

# The stamps are written last: an interrupted installation leaves none and is done again. A half-made .venv has no
# working pip and is made anew.
.venv/.installed: pyproject.toml
	@command -v "$(PYTHON)" >/dev/null || { echo "error: '$(PYTHON)' not found: install Python 3.11 or later (apt-get install python3 python3-venv), or name it: make PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: hwgen needs Python 3.11 or later, but $(PYTHON) is $$("$(PYTHON)" --version 2>&1); name another: make PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { echo "error: $(PYTHON) cannot create virtual environments: apt-get install python3-venv" >&2; exit 1; }
	@for tool in perl g++ make; do command -v $$tool >/dev/null || { echo "error: '$$tool' not found; Verilator needs it: apt-get install perl g++ make" >&2; exit 1; }; done
	@$(PY) -m pip --version >/dev/null 2>&1 || { echo "Creating .venv with $(PYTHON)"; "$(PYTHON)" -m venv --clear .venv; }
	@echo "Installing hwgen and its tools into .venv (once; a minute or two)"
	@$(PIP_INSTALL) --editable ".[sim,plot,dev]"
	@touch $@

.venv/.installed-docs: .venv/.installed
	@echo "Installing Sphinx into .venv (once)"
	@$(PIP_INSTALL) --editable ".[docs]"
	@touch $@

.venv/.installed-boards: .venv/.installed
	@echo "Installing synthesis, place and route into .venv (once; their first runs compile them, a few minutes)"
	@$(PIP_INSTALL) --editable ".[boards]"
	@touch $@
