# Two commands: `make book` builds the book, `make test` runs every test. Both need only Python 3.11 or newer.
PYTHON ?= python3
VENV ?= .venv
CONSTRAINTS ?= constraints.txt
BIN := $(VENV)/$(if $(wildcard $(VENV)/Scripts),Scripts,bin)
# Matrices here are small: one thread is faster than two that talk to each other.
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1

.PHONY: help book lab test check bench clean

help:
	@echo "make book   build the book; the last line says which file to open (SOLUTIONS=0 leaves the solutions out)"
	@echo "make lab    open chapters and exercises in JupyterLab"
	@echo "make test   run every test (about 13 minutes)"
	@echo "make check  run the fast tests and the linter (seconds)"
	@echo "make bench  measure training speed against other libraries"
	@echo "make clean  remove what was built"

book: $(VENV)/installed-book
	$(BIN)/python book.py

lab: $(VENV)/installed-lab
	$(BIN)/jupyter lab --config lab/config.py

test: $(VENV)/installed-test
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m ruff check .
	$(BIN)/python -m pytest -n 2 --dist loadgroup

check: $(VENV)/installed-test
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m ruff check .
	$(BIN)/python -m pytest -m "not build and not browser"

bench: $(VENV)/installed-test
	$(BIN)/python tests/benchmarks/run.py --json benchmarks.json

clean:
	rm -rf _build $(VENV) .pytest_cache .ruff_cache .hypothesis mlkit.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One environment, filled as far as the target needs; filled again when a version changes.
$(VENV)/installed-book: WANTED = book
$(VENV)/installed-lab: WANTED = book,lab
$(VENV)/installed-test: WANTED = book,lab,test
$(VENV)/installed-%: pyproject.toml $(CONSTRAINTS) | $(VENV)/python
	@echo "Installing ($(WANTED)) into $(VENV) …"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(if $(CONSTRAINTS),-c $(CONSTRAINTS)) -e ".[$(WANTED)]"
	@touch $@

$(VENV)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; PYTHON=... names another")'
	@echo "Making an environment in $(VENV) …"
	$(PYTHON) -m venv $(VENV)
	@touch $@
