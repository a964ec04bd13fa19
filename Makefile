# make demo   sets everything up and runs the main job on the sample that ships
# make test   sets everything up and runs the tests
# make lint   ruff and mypy

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

demo: $(VENV)/.demo
	$(BIN)/l1ad demo

test: $(VENV)/.dev lint
	$(BIN)/python -m pytest

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(VENV)/.demo: pyproject.toml constraints.txt | $(VENV)
	$(BIN)/python -m pip install -c constraints.txt -e '.[qkeras,onnx,rtl]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)
	$(BIN)/python -m pip install -c constraints.txt -e '.[qkeras,onnx,rtl,nanoaod,parquet,simulate,search,dev]'
	@touch $@ $(VENV)/.demo

$(VENV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "l1ad needs Python 3.11 or later; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

clean:
	rm -rf $(VENV) build *.egg-info

.PHONY: demo test lint clean
