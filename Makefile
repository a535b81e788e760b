# Two commands: `make book` builds the book, `make test` runs every test. Both need only Python 3.11 or newer.
WINDOWS := $(filter Windows_NT,$(OS))
PYTHON ?= $(if $(WINDOWS),py -3,python3)
VENV ?= .venv
CONSTRAINTS ?= constraints.txt
# Known before the environment is made: what is not there yet cannot be looked at.
BIN := $(VENV)/$(if $(WINDOWS),Scripts,bin)
# Matrices here are small: one thread is faster than two that talk to each other.
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1

.PHONY: help book site pdf lab notebooks test check seeds lowest parity bench bench-page clean

help:
	@echo "make book       build the book, the first time in about four minutes (SOLUTIONS=0 leaves the solutions out)"
	@echo "make site       build the book and, as a part of it, the lab that runs in a reader's browser"
	@echo "make pdf        build the book and print all of it into one file; it needs Chromium or Chrome"
	@echo "make lab        open chapters and exercises in JupyterLab"
	@echo "make test       run every test (about forty minutes on two cores)"
	@echo "make check      run the linter and the tests that build nothing (about three minutes)"
	@echo "make notebooks  run every notebook under nbmake, those with solutions too"
	@echo "make seeds      try every question's solution on 400 secret seeds (about twenty minutes)"
	@echo "make lowest     run the tests with the oldest packages that pyproject.toml allows"
	@echo "make parity     compare mlkit with PyTorch and Keras, number by number"
	@echo "make bench      measure training against other libraries, and how fast figures move"
	@echo "make bench-page measure the pages: their weight, and with Lighthouse how soon they can be read"
	@echo "make clean      remove what was built"

book: $(VENV)/installed-book
	$(BIN)/python -m book

pdf: book
	$(BIN)/python -m book pdf

# In an environment of its own: what is installed beside JupyterLite becomes a part of the lab.
site: book
	$(MAKE) .venv-site/installed-site VENV=.venv-site
	.venv-site/$(notdir $(BIN))/python -m book lab

lab: $(VENV)/installed-lab
	$(BIN)/jupyter lab --config lab/config.py

# What the chapters show is kept: the next `make book` makes its pages of this run.
notebooks: $(VENV)/installed-test
	$(BIN)/python -m book --notebooks

test: $(VENV)/installed-test
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m ruff check .
	$(BIN)/python -m pytest -n auto --dist loadgroup

check: $(VENV)/installed-test
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m ruff check .
	$(BIN)/python -m pytest -m "not build and not browser"

seeds: export MLKIT_ALL_SEEDS = 1
seeds: $(VENV)/installed-test
	$(BIN)/python -m pytest -n 2 tests/test_questions_seeds.py

# In an environment of its own. The linter is left out: another version finds other faults.
lowest:
	$(PYTHON) tests/lowest_versions.py > .lowest-versions.txt
	$(MAKE) .venv-lowest/installed-test VENV=.venv-lowest CONSTRAINTS=.lowest-versions.txt
	.venv-lowest/$(notdir $(BIN))/python -m pytest -n 2 -m "not build and not browser"
	.venv-lowest/$(notdir $(BIN))/python -m pytest -n 2 tests/test_notebooks.py

# In an environment of its own: the two are large. A comparison that cannot be made is a failure here, not a skip.
# On Linux, PyTorch comes with gigabytes for graphics cards; PARITY="torch==2.13.0+cpu keras" asks for one without.
PARITY ?= torch keras
parity: export MLKIT_REQUIRE_PARITY = 1
parity: export KERAS_BACKEND = torch
parity:
	$(MAKE) .venv-parity/installed-test VENV=.venv-parity
	.venv-parity/$(notdir $(BIN))/python -m pip install --quiet --disable-pip-version-check $(if $(CONSTRAINTS),-c $(CONSTRAINTS)) $(PARITY)
	.venv-parity/$(notdir $(BIN))/python -m pytest -n 2 tests/test_parity.py tests/test_activations.py tests/test_initializers.py

bench: $(VENV)/installed-test
	$(BIN)/python tests/benchmarks/run.py --json benchmarks.json
	$(BIN)/python -m book
	$(BIN)/python tests/benchmarks/figures.py --json benchmarks-of-figures.json

bench-page: $(VENV)/installed-test
	$(BIN)/python -m book
	$(BIN)/python tests/benchmarks/page.py --json benchmarks-of-pages.json

clean:
	rm -rf _build $(VENV) .venv-lowest .venv-parity .venv-grading .venv-site .lowest-versions.txt .pytest_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One environment, filled as far as the target needs; filled again when a version changes.
$(VENV)/installed-book: WANTED = book
$(VENV)/installed-lab: WANTED = book,lab
$(VENV)/installed-test: WANTED = book,lab,test
$(VENV)/installed-site: WANTED = lab-in-browser
$(VENV)/installed-%: pyproject.toml $(CONSTRAINTS) | $(VENV)/python
	@echo "Installing ($(WANTED)) into $(VENV) …"
	@rm -rf mlkit/grading mlkit/checks/questions # moved: what Python left of them would be found first
	@$(BIN)/python -m pip uninstall --quiet --yes mlkit 2>&1 | grep -v "not installed" || true # another one, or ours of old
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(if $(CONSTRAINTS),-c $(CONSTRAINTS)) -e ".[$(WANTED)]"
	@touch $@

$(VENV)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; PYTHON=... names another")'
	@echo "Making an environment in $(VENV) …"
	$(PYTHON) -m venv $(VENV)
	@touch $@
