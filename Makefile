# `make fly` flies the nominal mission, `make test` checks everything. Both set up .venv first;
# they need Python 3.11 or newer and nothing else. PYTHON=... names another interpreter.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,$(shell \
    $(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(name))))
VENV := .venv
BIN := $(VENV)/bin
# Stamps: what flying needs, and what checking needs on top of that.
FLYABLE := $(VENV)/.flyable
READY := $(VENV)/.ready
MODELS := $(VENV)/.models
CHROMIUM := $(VENV)/.chromium
AXE := $(VENV)/axe/.fetched
AS_ROOT := $(shell [ "$$(id -u)" = 0 ] || echo sudo -n)
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --editable

# Where the environment forbids Python to keep what it has compiled, `msr` would do that at each start.
COMPILE := $(BIN)/python -m compileall -q -j 0 flight ground sim_hw
# And what was installed, which pip would compile on one core; what cannot be is nobody's here.
COMPILE_PACKAGES := $(BIN)/python -m compileall -qq -j 0 $(VENV)/lib 2> /dev/null || true

SOAK_MINUTES ?= 60
# Minutes on two cores that the checks may take together: docs/reference/testing.md
CHECK_MINUTES ?= 30
# Which of them: files or folders of tests, all unless named.
CHECKED ?=

section = @printf '\n== %s\n' "$(1)"

# One after the other, also under -j: they share the environment.
.NOTPARALLEL:
# As `msr` pins itself (flight/runtime/libm.py), so that tests in process have the bits of `msr`.
export GLIBC_TUNABLES ?= glibc.cpu.hwcaps=-FMA,-FMA4
# Some containers set it. Each of the hundred programs that tests start would compile the project
# anew, which takes as long again as to start it.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup fly test check axe coverage soak lint format types imports docs-check pytest measure \
    verify docs pictures clean distclean

help:
	@echo "make fly      set up and fly the nominal mission into runs/nominal"
	@echo "make test     set up and run every check and test"
	@echo "make check    each bar in full, up to 30 minutes (after make test)"
	@echo "make coverage branches that tests of the kernel and the hardware run, with a floor"
	@echo "make soak     new seeds, kills and frames for SOAK_MINUTES (60)"
	@echo "make lint     the lint rules alone"
	@echo "make format   let ruff sort imports and apply its safe corrections"
	@echo "make verify   published figures beside computed ones"
	@echo "make measure  the benchmarks"
	@echo "make docs     write the generated pages of docs/"
	@echo "make pictures draw the pictures of the console in docs/ anew"
	@echo "make clean    remove caches and build products (distclean: and .venv)"

setup: $(READY)

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
	    echo "Three Forks needs Python 3.11 or newer, and no python3 here is: install one," \
	        "or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; fi
	@if ! $(PYTHON) -c 'import venv, ensurepip' 2>/dev/null; then \
	    echo "$(PYTHON) lacks the modules venv and ensurepip: install them (on Debian and" \
	        "Ubuntu the package python3-venv), then try again." >&2; exit 1; fi
	@echo "== setting up $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(FLYABLE): pyproject.toml | $(BIN)/python
	@echo "== installing what flying needs (half a minute, once)"
	@$(INSTALL) '.[plots,measure]'
	@$(COMPILE)
	@$(COMPILE_PACKAGES)
	@touch $@

$(READY): pyproject.toml | $(BIN)/python
	@echo "== installing what flying and checking need (half a minute, once)"
	@$(INSTALL) '.[dev]'
	@$(COMPILE)
	@$(COMPILE_PACKAGES)
	@touch $(FLYABLE) $@

# What runs models of suppliers is large; only `make check` needs it.
$(MODELS): pyproject.toml | $(READY)
	@$(INSTALL) '.[fmi]'
	@touch $@

# Looks for what people with other eyes or hands would trip over; a tool of the tests, from npm.
$(AXE): | $(BIN)/python
	@mkdir -p $(VENV)/axe
	@command -v npm > /dev/null && npm install --prefix $(VENV)/axe --no-audit --no-fund --silent \
	    axe-core@4.10 > /dev/null && touch $@ || echo "axe-core could not be fetched: its test is left out" >&2

axe: $(AXE)

# The console's page is tested in Debian's browser; where it cannot be installed, those tests say so.
$(CHROMIUM): | $(BIN)/python
	@command -v chromium > /dev/null || { echo "== installing chromium (once)"; \
	    $(AS_ROOT) apt-get -qq update && \
	    DEBIAN_FRONTEND=noninteractive $(AS_ROOT) apt-get -qq install -y chromium > /dev/null; } || \
	    echo "chromium could not be installed: tests of the page are left out" >&2
	@touch $@

fly: $(FLYABLE)
	@$(BIN)/msr fly nominal --out runs/nominal

# The types take one core for half a minute or more: beside the tests, which leave it now and then.
# What they come to is said when they are done, and counts at the end.
test: $(READY) $(CHROMIUM)
	@( code=0; $(MAKE) --no-print-directory types > $(VENV)/types.log 2>&1 || code=$$?; \
	    cat $(VENV)/types.log; exit $$code ) & types=$$!; \
	rest=0; $(MAKE) --no-print-directory lint imports docs-check pytest || rest=$$?; \
	wait $$types || rest=$$?; exit $$rest
	$(call section,all checks and tests passed)

lint: $(READY)
	$(call section,lint: ruff)
	@$(BIN)/ruff check .

format: $(READY)
	@$(BIN)/ruff check --fix .

types: $(READY)
	$(call section,types: mypy (strict for flight))
	@$(BIN)/mypy

imports: $(READY)
	$(call section,who imports whom: import-linter)
	@$(BIN)/lint-imports --no-logo

docs-check: $(READY)
	$(call section,generated documents are current)
	@$(BIN)/msr docs --check

pytest: $(READY) $(CHROMIUM)
	$(call section,tests: pytest)
	@$(BIN)/pytest -q -n auto --dist loadgroup

# What `make test` shows by one short case, in full.
check: $(READY) $(MODELS) $(CHROMIUM) $(AXE)
	$(call section,checks: each bar in full)
	@$(BIN)/pytest -q -n auto --dist loadgroup -m check --timeout 3600 --durations=15 \
	    --budget $(CHECK_MINUTES) $(CHECKED)
	$(call section,all checks in full passed)

# Each branch that runs is noted, which makes tests three times as slow: so the rooms that all
# vehicles stand on and the hardware, without flights.
COVERED := $(addprefix tests/flight/,astrodynamics configuration core icd runtime) tests/sim_hw
coverage: $(READY)
	$(call section,branches that the tests of what all vehicles stand on run)
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest -q -n auto --dist loadgroup -p no:cacheprovider \
	    -m "not check and not soak and not processes and not mission" --timeout 1200 $(COVERED)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

soak: $(READY)
	@SOAK_MINUTES=$(SOAK_MINUTES) $(BIN)/pytest -q -s -m soak

measure: $(FLYABLE)
	@$(BIN)/msr measure

verify: $(FLYABLE)
	@$(BIN)/msr verify

docs: $(FLYABLE)
	@$(BIN)/msr docs

pictures: $(READY) $(CHROMIUM)
	@$(BIN)/python -m tests.ground.console.draw_pictures

clean:
	@rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find flight ground sim_hw tests -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean
	@rm -rf $(VENV)
