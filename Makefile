# `make run` starts the service, `make test` runs every test; both install what they need first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Tests start hundreds of processes: each would compile all modules anew where no bytecode may be written.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run test lint types tests beside alone bench client install install-test install-train install-review install-s3 servers axe lock clean

run: $(VENV)/.run
	@exec $(BIN)/maskloop serve --sample

test: install-test servers axe
	@$(MAKE) --no-print-directory --jobs 2 lint types beside
	@$(MAKE) --no-print-directory alone

install: $(VENV)/.run
install-test: $(VENV)/.test
install-train: $(VENV)/.train
install-review: $(VENV)/.review
install-s3: $(VENV)/.s3

# A stamp a lock file: installing again costs nothing until the lock changes.
$(VENV)/.run: requirements/run.lock pyproject.toml clients/python/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Maskloop needs Python 3.11 or newer")'
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	@echo "Installing, which takes a minute or two ..."
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/run.lock
	@$(BIN)/python -m pip install --quiet --no-deps --editable . --editable clients/python
	@touch $@

$(VENV)/.test: $(VENV)/.run requirements/test.lock
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/test.lock
	@touch $@

$(VENV)/.train: $(VENV)/.run requirements/train.lock
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/train.lock
	@touch $@

$(VENV)/.review: $(VENV)/.run requirements/review.lock
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/review.lock
	@touch $@

$(VENV)/.s3: $(VENV)/.run requirements/s3.lock
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/s3.lock
	@touch $@

servers:
	@sh tests/install-servers.sh

axe: $(VENV)/.test
	@$(BIN)/python -m tests.axe

lint:
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types:
	@$(BIN)/mypy

tests: beside
	@$(MAKE) --no-print-directory alone

# More processes than two cores keep busy: many tests wait for a service or a browser. On a fresh checkout one
# compiles all tests first, lest each does.
beside:
	@test -d tests/__pycache__ || $(BIN)/python -m pytest --collect-only --quiet > /dev/null || true
	@$(BIN)/python -m pytest -m "not alone" --numprocesses 4 --dist loadfile --no-loadscope-reorder

# What measures time runs beside no other test.
alone:
	@$(BIN)/python -m pytest -m alone $$(grep -rl --include='test_*.py' 'mark\.alone' tests)

# Every table of docs/performance.md; PHOTOS is a folder of photos in place of the samples.
bench: install-train
	@$(BIN)/python -m benchmarks.speed $(PHOTOS)
	@$(BIN)/python -m benchmarks.hot_paths

# The models of the Python client from the API's document, and its synchronous half from the other.
client: $(VENV)/.test
	@$(BIN)/python clients/python/generate_models.py
	@$(BIN)/python clients/python/generate_sync.py

lock:
	@sh requirements/lock.sh

clean:
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
