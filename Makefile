# `make demo` and `make test` do all the set-up. TORCH_BACKEND=cpu (or cu128, auto ...) chooses
# the build of torch; without it the registry's default comes, with 3 GB of CUDA libraries on Linux.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV     := $(BIN)/uv pip install --quiet --python $(BIN)/python
READY  := $(VENV)/.ready
# The lock without torch and what only its CUDA build needs: those come with TORCH_BACKEND.
WITHOUT_TORCH := awk '/^[a-z0-9]/ { keep = ($$1 !~ /^(torch|triton|nvidia-|cuda-)/) } keep'

export OMP_NUM_THREADS ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu)

.PHONY: setup demo test check format bench lock clean

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or later is needed: make PYTHON=python3.12 ..."; exit 2; }
	@echo "Setting up $(VENV) (once; about two minutes)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
ifdef TORCH_BACKEND
	@$(UV) --torch-backend $(TORCH_BACKEND) "$$(sed -n 's/^\(torch==[^ ]*\).*/\1/p' requirements.lock)"
	@$(WITHOUT_TORCH) requirements.lock > $(VENV)/without-torch.lock
	@$(UV) --require-hashes --no-deps -r $(VENV)/without-torch.lock
else
	@$(UV) --require-hashes --no-deps -r requirements.lock
endif
	@$(UV) --no-deps --no-build-isolation --editable .
	@$(BIN)/lantern setup
	@touch $@

demo: setup
	@$(BIN)/lantern demo

test: setup
	@$(BIN)/python -m pytest -n 2 --dist loadfile

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

lock: setup
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --all-extras --no-header --no-annotate --upgrade --output-file requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) demo build dist *.egg-info
