# All set-up happens here: python3 (3.11 or newer), pip and make are enough.
PYTHON ?= python3
VENV := .venv
VENV_OPENAI2 := .venv-openai2
BIN := $(VENV)/bin
DEMO_ARGS ?=
TEST_ARGS ?=
BENCH_ARGS ?=
# One more than there are processors: tests wait for processes, browsers and disks. Each loads all clients first.
TEST_WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
PYTEST = -m pytest -n $(TEST_WORKERS)

# Some environments turn it off; hundreds of processes would compile the same modules again and again.
unexport PYTHONDONTWRITEBYTECODE

MATRIX_ARGS ?=

.PHONY: demo test test-matrix test-real torture check bench clean

demo: $(VENV)/.demo
	$(BIN)/tracekit demo $(DEMO_ARGS)

test: $(VENV)/.dev $(VENV_OPENAI2)/.dev
	$(BIN)/python $(PYTEST) $(TEST_ARGS)
	$(VENV_OPENAI2)/bin/python $(PYTEST) -m openai $(TEST_ARGS)

# Each client and framework in environments of its own, with the oldest and the newest version that is supported.
test-matrix: $(VENV)/.matrix
	$(BIN)/python -m tests.clients $(MATRIX_ARGS)

# openai and anthropic against a real model in a real server, and the tokens that this counts.
test-real: $(VENV)/.matrix
	$(BIN)/python -m tests.clients real

torture: export TRACEKIT_TORTURE = 1
torture: $(VENV)/.dev
	$(BIN)/python -m pytest -m torture $(TEST_ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	PYTHONPATH=.:integrations:viewer $(BIN)/lint-imports

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

clean:
	rm -rf $(VENV) $(VENV_OPENAI2) .venvs .pytest_cache .ruff_cache .import_linter_cache dist

# A virtual environment without ensurepip (Debian's python3 without python3-venv) is made by virtualenv instead.
%/.made:
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("tracekit needs Python 3.11 or newer; set PYTHON=python3.x")'
	$(PYTHON) -m venv $(@D) || ($(PYTHON) -m pip install --user virtualenv && $(PYTHON) -m virtualenv $(@D))
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	touch $@

$(VENV)/.demo: $(VENV)/.made pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[demo]'
	touch $@

$(VENV)/.dev: $(VENV)/.made pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt --group dev -e '.[server,demo,eval]'
	touch $@ $(VENV)/.demo

$(VENV)/.bench: $(VENV)/.dev
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt --group bench
	touch $@

$(VENV)/.matrix: $(VENV)/.dev
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt --group matrix
	touch $@

# openai 2 beside openai 3: the same integration tests, the other client.
$(VENV_OPENAI2)/.dev: $(VENV_OPENAI2)/.made pyproject.toml constraints.txt
	grep -v -e '^openai==' constraints.txt > $(VENV_OPENAI2)/constraints.txt
	$(VENV_OPENAI2)/bin/pip install --quiet --disable-pip-version-check -c $(VENV_OPENAI2)/constraints.txt --group test -e '.[server,demo,eval]' 'openai>=2,<3'
	touch $@

.PRECIOUS: %/.made
