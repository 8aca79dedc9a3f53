# `make demo` and `make test` do all the set-up. TORCH_BACKEND=cpu (or cu128, auto ...) chooses
# the build of torch; without it the registry's default comes, with 3 GB of CUDA libraries on Linux.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV     := $(BIN)/uv pip install --quiet --python $(BIN)/python
READY  := $(VENV)/.ready
# Parts of the lock. DeepSpeed is built against the torch that is installed before it; torch and what
# only its CUDA build needs come with TORCH_BACKEND where that is given.
LATER         := deepspeed
WITH_BACKEND  := torch|triton|nvidia-|cuda-
without        = awk '/^[a-z0-9]/ { keep = ($$1 !~ /^($(1))/) } keep' requirements.lock
only           = awk '/^[a-z0-9]/ { keep = ($$1 ~ /^($(1))/) } keep' requirements.lock

export OMP_NUM_THREADS ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu)

.PHONY: setup demo test check format bench ablation lock clean

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or later is needed: make PYTHON=python3.12 ..."; exit 2; }
	@echo "Setting up $(VENV) (once; about two minutes)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
ifdef TORCH_BACKEND
	@$(UV) --torch-backend $(TORCH_BACKEND) "$$(sed -n 's/^\(torch==[^ ]*\).*/\1/p' requirements.lock)"
	@$(call without,$(WITH_BACKEND)|$(LATER)) > $(VENV)/part.lock
else
	@$(call without,$(LATER)) > $(VENV)/part.lock
endif
	@$(UV) --require-hashes --no-deps -r $(VENV)/part.lock
	@$(call only,$(LATER)) > $(VENV)/part.lock
	@test "$$(uname)" != Linux || DS_BUILD_OPS=0 \
	  $(UV) --require-hashes --no-deps --no-build-isolation -r $(VENV)/part.lock
	@$(UV) --no-deps --no-build-isolation --editable .
	@$(BIN)/lantern setup
	@touch $@

demo: setup
	@$(BIN)/lantern demo

# Two workers side by side: a thread each, or they wait for one another.
test: export OMP_NUM_THREADS = 1
test: setup
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: setup
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

bench: setup
	@$(BIN)/python -m benchmarks

ablation: setup
	@$(BIN)/python -m benchmarks.ablation_classifier
	@$(BIN)/python -m benchmarks.ablation_explainer --work build/ablation

lock: setup
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --all-extras --no-header --no-annotate --upgrade --output-file requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) demo build dist *.egg-info
