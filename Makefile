# `make ask Q='…'` and `make test` do all set-up on a machine that has Python 3.11 to 3.13; nothing is done twice.
PYTHON ?= $(shell for v in 3.11 3.12 3.13; do command -v python$$v && break; done)
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.installed
INGESTED := .faq/ingested
export Q ?= docker 里训练报 Blocking queue is killed 怎么办

.PHONY: ask serve test lint format checks lock bench parse-score clean

ask: $(INGESTED)
	@$(BIN)/faq ask -- "$$Q" || test $$? -eq 1

serve: $(INGESTED)
	@$(BIN)/faq serve

test: $(STAMPS)-dev
	@tools/system_packages.sh
	@$(BIN)/python -m pytest $(ARGS)

lint: $(STAMPS)-dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

format: $(STAMPS)-dev
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

# Writes content/checks/ from each check's own source in tools/checks/ and the parts it names.
checks: $(VENV)/bin/python
	@$(BIN)/python tools/assemble_checks.py

parse-score: $(STAMPS)-dev
	@$(BIN)/python tools/parse_score.py

bench: $(STAMPS)-dev
	@$(BIN)/python benchmarks/run_all.py

# Rewrites the pinned versions from pyproject.toml; the file names no registry.
lock: $(STAMPS)-dev
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --no-header --no-emit-index-url \
		--no-annotate --output-file requirements.lock pyproject.toml

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "make: no Python 3.11 to 3.13 was found; install one, or say make PYTHON=…" >&2; exit 2; }
	@echo "making an environment in $(VENV) with $(PYTHON)" >&2
	@$(PYTHON) -m venv $(VENV)

# $(STAMPS)-EXTRA: the package with that extra, at the locked versions.
$(STAMPS)-model: pyproject.toml requirements.lock | $(VENV)/bin/python
	@echo "installing faqkb[model] (torch and sentence-transformers: two minutes, 2 GB)" >&2
	@$(BIN)/python -m pip install --disable-pip-version-check --constraint requirements.lock --editable '.[model]' >&2
	@touch $@

$(STAMPS)-dev: $(STAMPS)-model
	@echo "installing faqkb[dev] (test tools)" >&2
	@$(BIN)/python -m pip install --disable-pip-version-check --constraint requirements.lock --editable '.[model,dev]' >&2
	@touch $@

# Ingests again when the content changed; progress and report go beside the answer, to standard error.
$(INGESTED): $(shell find content -name '*.md' -o -name '*.py') $(STAMPS)-model
	@$(BIN)/faq ingest >&2
	@mkdir -p $(@D)
	@touch $@

clean:
	rm -rf $(VENV) .venv-txtai .faq build dist
