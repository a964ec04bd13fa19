# make demo                sets everything up and runs the main job on the sample that ships
# make demo BACKEND=hgq    the same with bit widths that are learned (HGQ2), in an environment of its own
# make docs                builds the documentation into build/site
# make test                sets both environments up and runs the tests
# make lint                ruff and mypy

PYTHON ?= python3
BACKEND ?= qkeras
VENV ?= .venv
HGQ ?= .venv-hgq
BIN := $(VENV)/bin

# hgq2 hides the package of qkeras-v3: each has an environment, and `make test` tests both.
ifeq ($(BACKEND),hgq)
DEMO := $(HGQ)
else
DEMO := $(VENV)
endif

demo: $(DEMO)/.demo
	$(DEMO)/bin/l1ad demo --backend $(BACKEND)

# Two at a time: most tests keep one core busy. Tests that run make themselves must not take it for ours.
LONG := api flow training search references test_notebooks.py
PYTEST := bin/python -m pytest
ALONE := env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL
test: $(VENV)/.dev $(HGQ)/.dev lint
	+$(MAKE) --jobs 2 test-long test-rest test-hgq

test-long: $(VENV)/.dev
	$(ALONE) $(VENV)/$(PYTEST) $(addprefix tests/,$(LONG))

test-rest: $(VENV)/.dev
	$(ALONE) $(VENV)/$(PYTEST) $(addprefix --ignore=tests/,$(LONG))

test-hgq: $(HGQ)/.dev
	$(ALONE) $(HGQ)/$(PYTEST) $(addprefix tests/training/test_,environment.py freezing.py hgq.py loop.py)

# Material announces the end of its own support at every build.
docs: $(VENV)/.dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet --config-file docs/mkdocs.yml --site-dir ../build/site

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(VENV)/.demo: pyproject.toml constraints.txt | $(VENV)
	$(BIN)/python -m pip install -c constraints.txt -e '.[qkeras,onnx,rtl]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)
	$(BIN)/python -m pip install -c constraints.txt -e '.[qkeras,onnx,rtl,nanoaod,parquet,simulate,search,studies,docs,notebook,dev]'
	@touch $@ $(VENV)/.demo

$(HGQ)/.demo: pyproject.toml constraints.txt | $(HGQ)
	$(HGQ)/bin/python -m pip install -c constraints.txt -e '.[hgq,onnx,rtl]'
	@touch $@

$(HGQ)/.dev: pyproject.toml constraints.txt | $(HGQ)
	$(HGQ)/bin/python -m pip install -c constraints.txt -e '.[hgq,onnx,rtl,dev]'
	@touch $@ $(HGQ)/.demo

$(VENV) $(HGQ):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "l1ad needs Python 3.11 or later; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $@ || { rm -rf $@; exit 1; }

clean:
	rm -rf $(VENV) $(HGQ) build *.egg-info

.PHONY: demo docs test test-long test-rest test-hgq lint clean
