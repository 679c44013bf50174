# What a person runs here; `make help` lists it.

PYTHON ?= python3
PORT ?= 5000

VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
INSTALL := $(UV) pip install --python $(BIN)/python --require-hashes --compile-bytecode

export PATH := $(CURDIR)/$(BIN):$(PATH)
unexport PYTHONDONTWRITEBYTECODE PYTHONHOME VIRTUAL_ENV

# No tool that is run from here reports to its makers.
export DO_NOT_TRACK := true
export DVC_NO_ANALYTICS := 1
export MLFLOW_DISABLE_TELEMETRY := true
export PREFECT_SERVER_ANALYTICS_ENABLED := false

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install install-dev run flow serve model-server ui check lock clean \
	test test-flows test-registry test-rest test-tensorflow test-jax

help:  ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

install: $(VENV)/.installed  ## make .venv with the locked dependencies
	@:

install-dev: $(VENV)/.installed-dev  ## the same, with JAX and what tests and checks need
	@:

run: install  ## run the whole pipeline: data, training, evaluation, registration, report
	@$(BIN)/python -m components.params >/dev/null
	@$(BIN)/python -m components.registry
	$(BIN)/dvc repro
	@echo
	@$(BIN)/python -m components.report --table
	@echo
	@echo "Report:  $(CURDIR)/reports/index.html"
	@echo "MLflow:  make ui  (then open http://127.0.0.1:$(PORT))"

flow: install  ## the same work as a Prefect flow, independent stages in parallel
	$(BIN)/python -m flows.pipeline

serve: install  ## MLflow, Prefect, its deployments and a worker on this machine, until Ctrl-C
	@$(BIN)/python -m flows.serve $(SERVE)

model-server: install  ## serve the champion of a model: make model-server NAME=vae
	@$(BIN)/python -m components.serve $(or $(NAME),$(error NAME: not given; make model-server NAME=vae))

# The rooms of the models run on both backends, the others once. Two suites at a time, in an order that ends together.
ROOMS := $(wildcard tests/backend tests/networks tests/models tests/training)

test: install-dev  ## run all tests on TensorFlow, and those of the models' rooms on JAX too
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=line test-flows test-tensorflow test-rest test-jax test-registry

test-flows test-registry: test-%: install-dev
	KERAS_BACKEND=tensorflow $(BIN)/python -m pytest tests/$*

test-rest: install-dev
	KERAS_BACKEND=tensorflow $(BIN)/python -m pytest $(addprefix --ignore=,$(ROOMS) tests/flows tests/registry)

test-tensorflow test-jax: test-%: install-dev
	KERAS_BACKEND=$* $(BIN)/python -m pytest $(ROOMS)

check: install-dev  ## lint, formatting, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

ui: install  ## open the record of runs and versions in MLflow, on this machine only
	MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false \
	MLFLOW_BACKEND_STORE_URI="$${MLFLOW_TRACKING_URI:-sqlite:///$(CURDIR)/mlflow.db}" \
		$(BIN)/mlflow ui --host 127.0.0.1 --port $(PORT) --allowed-hosts 127.0.0.1:$(PORT),localhost:$(PORT) --workers 1

lock: $(VENV)/.uv  ## remake both lock files from pyproject.toml (LOCK_FLAGS=--upgrade for newer versions)
	$(UV) pip compile --universal --generate-hashes --no-emit-index-url --no-header $(LOCK_FLAGS) \
		pyproject.toml -o requirements.lock
	$(UV) pip compile --universal --generate-hashes --no-emit-index-url --no-header $(LOCK_FLAGS) \
		--extra dev --extra jax --extra cluster --extra server -c requirements.lock pyproject.toml -o requirements-dev.lock

clean:  ## remove what the pipeline made; MLflow's record, DVC's cache, what was served and .venv stay
	rm -rf data artifacts reports .menagerie/checkpoints .menagerie/locks .mypy_cache .pytest_cache .ruff_cache

# Stamps: each is newer than what it was made from, so a second call starts at once.

$(VENV)/.uv: requirements-dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info[:2] <= (3, 13) else \
		"Python 3.11 to 3.13 is needed, and $(PYTHON) is %d.%d: make PYTHON=python3.11 ..." % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)
	@sed -n '/^uv==/,/^    # via/p' $< > $(VENV)/uv.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $(VENV)/uv.lock
	@touch $@

$(VENV)/.installed: requirements.lock | $(VENV)/.uv
	$(INSTALL) -r $<
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock requirements.lock | $(VENV)/.uv
	$(INSTALL) -r $<
	@touch $(VENV)/.installed $@
