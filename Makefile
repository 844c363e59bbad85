# `make` lists the targets. `make app` and `make test` each do everything from a fresh checkout.
.DEFAULT_GOAL := help
.PHONY: help venv app check test numbers lint audit lock format chromium clean

# The first of these that runs and is 3.11 to 3.13; or name one: make venv PYTHON=/path/to/python3.12
PYTHON ?= python3.11 python3.12 python3.13 python3 python
# Passed on to pytest or streamlit: make test ARGS="-k grad_cam -x"
ARGS ?=

# What computes with a network, and so depends on how a processor rounds.
NUMBERS := tests/explain tests/measures tests/evaluation tests/model tests/training/test_loss.py \
  tests/tutorial/test_fitting.py

VENV := .venv
BIN := $(VENV)/bin
APP_READY := $(VENV)/.app-ready
DEV_READY := $(VENV)/.dev-ready

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
# Some machines set it; then every process of the tests would compile all modules again, a tenth of the time.
unexport PYTHONDONTWRITEBYTECODE

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

venv: $(DEV_READY) ## Create .venv with all that development needs

app: $(APP_READY) ## Open the page at http://localhost:8501
	$(BIN)/streamlit run streamlit_app.py $(ARGS)

check: lint ## Style, types, and the quick tests: no browser, no Ray, no training
	$(BIN)/python -m pytest -m "not browser and not ray and not training and not slow" $(ARGS)

test: $(DEV_READY) chromium ## Run all tests
	$(BIN)/python -m pytest $(ARGS)

numbers: $(DEV_READY) ## The tests of numbers as two other kinds of processor compute them
	ONEDNN_MAX_CPU_ISA=AVX2 $(BIN)/python -m pytest $(NUMBERS) $(ARGS)
	TF_ENABLE_ONEDNN_OPTS=0 $(BIN)/python -m pytest $(NUMBERS) $(ARGS)

lint: $(DEV_READY) ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

audit: $(DEV_READY) ## Look for known weaknesses in the packages that the page runs on
	$(BIN)/python .ci/audit

lock: $(DEV_READY) ## Write requirements.lock, with hashes, from requirements.txt
	$(BIN)/uv pip compile requirements.txt --generate-hashes --python-version 3.11 \
	  --python-platform x86_64-unknown-linux-gnu --no-emit-index-url --no-header -q -o requirements.lock

format: $(DEV_READY) ## Mend style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Each is tried by running it: Ubuntu's chromium-browser may be a stub that asks for a snap.
chromium: ## Find or install Chromium, which the browser tests drive
	@found() { \
	  for browser in chromium chromium-browser google-chrome google-chrome-stable; do \
	    "$$browser" --version </dev/null 2>/dev/null && return 0; \
	  done; \
	  return 1; \
	}; \
	found && exit 0; \
	if command -v apt-get >/dev/null; then \
	  if [ "$$(id -u)" -eq 0 ]; then root="env"; \
	  elif sudo -n true 2>/dev/null; then root="sudo -n env"; \
	  else root=""; fi; \
	  if [ -n "$$root" ]; then \
	    apt="$$root DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=600"; \
	    $$apt update </dev/null || true; \
	    $$apt install --no-install-recommends chromium </dev/null || true; \
	    found && exit 0; \
	  fi; \
	fi; \
	echo "No Chromium found: the browser tests need one. Install Chromium or Google Chrome so that" >&2; \
	echo "'chromium' or 'google-chrome' runs from here (Debian: apt-get install chromium)." >&2; \
	[ -z "$$CI" ]

clean: ## Remove caches and build files; .venv, runs and models stay
	rm -rf build dist *.egg-info .coverage htmlcov test-results .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

# A name on the path is not enough: a version manager's shim can exist and fail, and Debian ships a Python
# that cannot make environments. --clear mends one left half made.
define install
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
	  for python in $(PYTHON); do \
	    if "$$python" -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	      >/dev/null 2>&1; then \
	      echo "$$python -m venv $(VENV)"; \
	      exec "$$python" -m venv --clear $(VENV); \
	    fi; \
	  done; \
	  echo "No Python 3.11, 3.12 or 3.13 that can make environments was found (tried: $(PYTHON))." >&2; \
	  echo "Install one (Debian: apt-get install python3-venv) or name it: make PYTHON=/path/to/python3.12 ..." >&2; \
	  exit 1; \
	}
	$(BIN)/python -m pip install -r $(1)
	@touch $@
endef

$(APP_READY): requirements.txt
	$(call install,requirements.txt)

$(DEV_READY): requirements.txt requirements-dev.txt
	$(call install,requirements-dev.txt)
