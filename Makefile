# Every target creates what it needs: a machine with Python (3.11 or newer) and make is enough.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
# Both print banners about the future of MkDocs on every build.
export NO_MKDOCS_2_WARNING := 1
export DISABLE_MKDOCS_2_WARNING := true
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Tests start hundreds of processes, and each would compile the plugin anew.
unexport PYTHONDONTWRITEBYTECODE

serve: $(VENV)/.ready  ## Live preview at http://127.0.0.1:8000: recorded results at once, what is missing is executed
	$(BIN)/mkdocs serve --livereload

# In the order of the folders: what takes longest per test comes first, so that no worker is left with it.
test: $(VENV)/.ready  ## All tests
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

site: $(VENV)/.ready  ## Build the site strictly into site/ (never add -q: it switches --strict off)
	$(BIN)/mkdocs build --strict

record: $(VENV)/.ready  ## Measure everything again and record it
	$(BIN)/mkdocs-dlplugin run --force

check: $(VENV)/.ready  ## Whether what is recorded still matches the code
	$(BIN)/mkdocs-dlplugin check

lint: $(VENV)/.ready  ## Style, types, spelling and the drawing of the house
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell docs examples mkdocs_dlplugin *.md

readability: $(VENV)/.ready  ## How hard each page is to read, the hardest first
	$(BIN)/python -m tests.readability

runtime:  ## Build what readers explore charts with, from npm packages; the same sources give the same bytes
	cd tools/vega-runtime && npm ci --ignore-scripts --no-audit --no-fund && node build.js

lighthouse: site  ## Lighthouse on a phone, median of three; exits 1 below 0.95 / 1.00 / 1.00 / 1.00 (quiet machine, npm)
	.ci/browser --lighthouse
	$(BIN)/python -m tests.site.lighthouse site

benchmark: $(VENV)/.ready  ## Measure builds, runs and peers (half an hour) and record the table that the docs show
	$(BIN)/python -m benchmarks
	$(BIN)/mkdocs-dlplugin run benchmark

clean:  ## Remove what was built; records stay
	rm -rf site .dlplugin dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

help:  ## This list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

.PHONY: serve test site record check lint readability runtime lighthouse benchmark clean help
