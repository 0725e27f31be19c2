# make demo     both sandboxes, synced before your eyes; needs no account
# make test     the whole suite, in under five minutes; with THOROUGH=1 it searches and kills much more often
# make lint     style and types
# make screenshots  takes the pictures of the status page that docs/ shows; needs chromium
# make soak     lives under fresh seeds, for MINUTES (60); what breaks a promise is printed with the seed to lead it again
# make fuzz     answers of both systems that go wrong in ANSWERS (10000) ways; what breaks something is printed with its seed
# make mutants  changes the decisions in small ways, one at a time; what no test notices is printed, with its name
# make recording  writes the man page, the page about all commands and the recording of the demo again
# make docs     builds the manual into site/; fails on a broken link
# make package  builds dist/*.whl and dist/*.tar.gz, and checks them with twine
#
# Each makes .venv first when it is missing or older than what it is made from: `make demo` installs what the program
# needs, the others also what tests and checks need. It needs Python 3.11 or newer, and make.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install --constraint constraints.txt
RUNTIME := .venv/runtime
READY := .venv/ready

.PHONY: demo test lint screenshots soak fuzz mutants recording docs package clean

demo: $(RUNTIME)
	$(BIN)/python -m sync demo

# Pytest compiles each test when it is first imported. Two processes do that here once, or all four workers would.
test: $(READY)
	@test -d tests/end_to_end/__pycache__ || { \
	  $(BIN)/python -m pytest --collect-only tests/[a-e]* >/dev/null & \
	  $(BIN)/python -m pytest --collect-only tests/[f-z]* >/dev/null; wait; }
	$(BIN)/python -m pytest --numprocesses 4 --dist worksteal

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

screenshots: $(READY)
	$(BIN)/python -m tests.browser.screenshots docs

MINUTES ?= 60

soak: $(READY)
	$(BIN)/python -m tests.simulation.soak --minutes $(MINUTES) --keep

ANSWERS ?= 10000

fuzz: $(READY)
	$(BIN)/python -m tests.fuzz.run --answers $(ANSWERS)

mutants: $(READY)
	$(PIP) --no-build-isolation --editable '.[dev,mutants]'
	rm -rf mutants
	$(BIN)/mutmut run --max-children 1
	$(BIN)/mutmut results

docs: $(READY)
	$(PIP) --no-build-isolation --editable '.[dev,docs]'
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

recording: $(READY)
	$(BIN)/python -m sync.commands.man_page docs
	$(BIN)/python -m sync.demo.recording docs/demo.svg

package: $(READY)
	$(PIP) --no-build-isolation --editable '.[dev,package]'
	rm -rf dist build
	$(BIN)/python -m build --no-isolation --outdir dist .
	$(BIN)/twine check --strict dist/*

# Only what `python -m sync` imports. Compiling each module of each library takes longer than the demo, so it is left out.
$(RUNTIME): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "growthsync needs Python 3.11 or newer: make PYTHON=...")'
	$(PYTHON) -m venv --clear .venv || { \
	  $(PYTHON) -m venv --clear --without-pip .venv && $(PYTHON) -m pip --python .venv/bin/python --quiet install pip; }
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"], sep="\n")' \
	  > .venv/dependencies.txt
	$(PIP) --no-compile --requirement .venv/dependencies.txt
	@touch $@

# Build isolation would fetch a setuptools of its own, past the constraints; so it is installed first.
$(READY): $(RUNTIME)
	$(PIP) setuptools
	$(PIP) --no-build-isolation --editable '.[dev]'
	@touch $@

clean:
	rm -rf .venv build dist site *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis mutants
