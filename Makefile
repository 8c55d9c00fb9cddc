# Everything a newcomer needs is `make up` and `make test`: both work from a bare checkout with Python 3.11+, git and make.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
UP     ?=
TESTS  ?=

.DEFAULT_GOAL := help
.PHONY: help up test check format bench soak lock clean

help:  ## print this help
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(READY): requirements/dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Redhand needs Python 3.11 or newer (PYTHON=… chooses one)"; exit 2; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

up: $(READY)  ## run resolver, page and desk on loopback (more: make up UP="--time-scale 3600")
	@$(BIN)/redhand up $(UP)

# A file's tests share one desk or one resolver: they stay together. Three processes: on two cores, many tests wait.
test: $(READY)  ## run the whole suite on three processes (a part: make test TESTS="tests/blocklist -k guards")
	@$(BIN)/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder $(TESTS)

check: $(READY)  ## judge the code: ruff, format, mypy --strict
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(READY)  ## let ruff format and mend what it can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix-only .

bench: $(READY)  ## measure CPU per query with dnsperf
	@$(BIN)/python -m bench

soak: $(READY)  ## run the long tests at their full counts (a part: python -m tests.soak.NAME)
	@$(BIN)/python -m tests.soak

lock:  ## renew the hash-locked dependencies (needs uv)
	uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --group dev --custom-compile-command "make lock" pyproject.toml -o requirements/dev.lock

clean:  ## remove the virtual environment and the caches, never ./data
	rm -rf $(VENV) dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
