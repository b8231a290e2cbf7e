# `make ask Q='…'` and `make test` do all set-up on a machine that has Python 3.11 to 3.13; nothing is done twice.
PYTHON ?= $(shell for v in 3.11 3.12 3.13; do command -v python$$v && break; done)
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.installed
INGESTED := .faq/ingested
export Q ?= docker 里训练报 Blocking queue is killed 怎么办

.PHONY: ask help serve test lint format docs checks lock bench parse-score clean

ask: $(INGESTED) ## Answer a question: make ask Q='…'
	@$(BIN)/faq ask -- "$$Q" || test $$? -eq 1

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

serve: $(INGESTED) ## Serve pages and API on http://127.0.0.1:8000/
	@$(BIN)/faq serve

test: $(STAMPS)-dev ## Run all tests; ARGS='-k word' runs some
	@tools/system_packages.sh
	@$(BIN)/python -m pytest $(ARGS)

lint: $(STAMPS)-dev ## Check format, style and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

format: $(STAMPS)-dev ## Format the code, and mend what the linter can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

# FAQ_DOCS_SERVER is the `faq serve` that the search box of the site asks: this machine's own, or nothing for no box.
docs: $(STAMPS)-dev ## Build the documentation as a site in build/docs
	@$(BIN)/python tools/docs_reference.py
	@FAQ_DOCS_SERVER="$${FAQ_DOCS_SERVER-http://127.0.0.1:8000}" NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "wrote build/docs; to read it: $(BIN)/python -m http.server 9000 --directory build/docs"

# Writes content/checks/ from each check's own source in tools/checks/ and the parts it names.
checks: $(VENV)/bin/python ## Assemble content/checks/ from tools/checks/ and its parts
	@$(BIN)/python tools/assemble_checks.py

parse-score: $(STAMPS)-dev ## Read real FAQ files and compare with hand-made parses
	@$(BIN)/python tools/parse_score.py

bench: $(STAMPS)-dev ## Measure speed and memory (minutes)
	@$(BIN)/python benchmarks/run_all.py

# Rewrites the pinned versions from pyproject.toml; the file names no registry, and none of the gigabytes of CUDA that the
# default torch build for Linux asks for: the CPU build wants none of them.
lock: $(STAMPS)-dev ## Write requirements.lock anew from pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --no-header --no-emit-index-url \
		--no-annotate pyproject.toml | grep -vE '^(nvidia-|cuda-|triton)' > requirements.lock.new
	@mv requirements.lock.new requirements.lock

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "make: no Python 3.11 to 3.13 was found; install one, or say make PYTHON=…" >&2; exit 2; }
	@echo "making an environment in $(VENV) with $(PYTHON)" >&2
	@$(PYTHON) -m venv $(VENV)

# $(STAMPS)-base is the package, $(STAMPS)-dev with what tests and tools want, at the locked versions.
$(STAMPS)-base: pyproject.toml requirements.lock | $(VENV)/bin/python
	@echo "installing faqkb (half a minute, half a gigabyte)" >&2
	@$(BIN)/python -m pip install --disable-pip-version-check --constraint requirements.lock --editable . >&2
	@touch $@

$(STAMPS)-dev: $(STAMPS)-base
	@echo "installing faqkb[dev] (test tools, torch and sentence-transformers: two minutes, 2 GB)" >&2
	@$(BIN)/python -m pip install --disable-pip-version-check --constraint requirements.lock --editable '.[dev]' >&2
	@touch $@

# Ingests again when the content changed; progress and report go beside the answer, to standard error.
$(INGESTED): $(shell find content -name '*.md' -o -name '*.py') $(STAMPS)-base
	@$(BIN)/faq ingest >&2
	@mkdir -p $(@D)
	@touch $@

clean: ## Remove the environment, the knowledge base and builds
	rm -rf $(VENV) .venv-txtai .faq build dist
