# `make ask Q='…'` and `make test` do all set-up on a machine that has Python 3.11 to 3.13; nothing is done twice.
PYTHON ?= $(shell for v in 3.11 3.12 3.13; do command -v python$$v && break; done)
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.installed
INGESTED := .faq/ingested
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-emit-index-url --no-annotate \
	--generate-hashes
export Q ?= docker 里训练报 Blocking queue is killed 怎么办

.PHONY: ask audit help serve site-runtime test lint format docs checks lock faults bench bench-check scale parse-score sbom soak test-milvus fuzz clean

ask: $(INGESTED) ## Answer a question: make ask Q='…'
	@$(BIN)/faq ask -- "$$Q" || test $$? -eq 1

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

serve: $(INGESTED) ## Serve pages and API on http://127.0.0.1:8000/
	@$(BIN)/faq serve

site-runtime: $(STAMPS)-base ## Fetch what `faq export --format site --search meaning` needs, by npm
	@tools/system_packages.sh
	@$(BIN)/python tools/site_runtime.py

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

faults: $(STAMPS)-dev ## Fail and kill at every system call that writes (a quarter of an hour)
	@tools/system_packages.sh
	@$(BIN)/python tools/inject_faults.py
	@FAQ_POWER_LOSSES=1000000 $(BIN)/python -m pytest -m '' tests/kb/snapshot/test_power_loss.py

bench: $(STAMPS)-dev ## Measure speed and memory, write docs/benchmarks.md (a quarter of an hour)
	@$(BIN)/python benchmarks/run_all.py

bench-check: $(STAMPS)-dev ## Measure the ratios again; fail on one that is worse than the stored one by 10%
	@$(BIN)/python benchmarks/run_all.py --check

scale: $(STAMPS)-dev ## Measure 100 to 1,000,000 records (an hour or more); make scale SIZES='100 1000'
	@$(BIN)/python benchmarks/scale.py $(SIZES)

test-milvus: $(STAMPS)-dev ## Hold a real Milvus server to its promises: make test-milvus RECORDS=20000
	@PYTHON=$(PYTHON) tools/setup_milvus.sh
	@$(BIN)/python tools/test_milvus.py --records $(or $(RECORDS),200000)

soak: $(STAMPS)-dev ## An hour of load, publishes and bad input: does the server grow or leak? make soak SECONDS=3600
	@$(BIN)/python benchmarks/soak.py --seconds $(or $(SECONDS),3600)

fuzz: $(STAMPS)-dev ## Hostile input of every kind: make fuzz SECONDS=600 TARGET=markdown, all of them without TARGET
	@$(BIN)/python tests/fuzz/fuzz.py --seconds $(or $(SECONDS),60) $(TARGET:%=--target %)

# Rewrites the pinned versions and their sha256 from pyproject.toml; the files name no registry. torch is pinned by version
# alone in pyproject.toml: which of its builds a machine gets, CPU or gigabytes of CUDA, is the machine's to say.
lock: $(STAMPS)-dev ## Write requirements.lock and requirements-dev.lock anew from pyproject.toml
	@$(COMPILE) --extra build pyproject.toml > requirements.lock.new
	@$(COMPILE) --all-extras --constraint requirements.lock.new pyproject.toml \
		| awk '/^[a-z]/ { left_out = /^(torch|triton|nvidia-|cuda-)/ } !left_out' > requirements-dev.lock.new
	@mv requirements.lock.new requirements.lock
	@mv requirements-dev.lock.new requirements-dev.lock

audit: $(STAMPS)-dev ## Look the locked versions up in the list of known holes
	@tools/audit.sh

sbom: $(STAMPS)-dev ## Write what a base install holds as build/sbom.json (CycloneDX)
	@mkdir -p build
	@$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-file build/sbom.json requirements.lock
	@echo "wrote build/sbom.json"

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "make: no Python 3.11 to 3.13 was found; install one, or say make PYTHON=…" >&2; exit 2; }
	@echo "making an environment in $(VENV) with $(PYTHON)" >&2
	@$(PYTHON) -m venv $(VENV)

# $(STAMPS)-base is the package, $(STAMPS)-dev with what tests and tools want, at the locked versions.
$(STAMPS)-base: pyproject.toml requirements.lock | $(VENV)/bin/python
	@echo "installing faqkb (half a minute, half a gigabyte)" >&2
	@$(INSTALL) --no-deps --require-hashes --requirement requirements.lock >&2
	@$(INSTALL) --no-deps --no-build-isolation --editable . >&2
	@touch $@

$(STAMPS)-dev: requirements-dev.lock $(STAMPS)-base
	@echo "installing faqkb[dev] (test tools, torch and sentence-transformers: two minutes, 2 GB)" >&2
	@$(INSTALL) --no-deps --require-hashes --requirement requirements-dev.lock >&2
	@$(INSTALL) --no-build-isolation --editable '.[dev]' >&2
	@touch $@

# Ingests again when the content changed; progress and report go beside the answer, to standard error.
# The code, too: another version may read content, prepare the model or write a snapshot in another way.
$(INGESTED): $(shell find content kb ingest -name '*.md' -o -name '*.py') $(STAMPS)-base
	@$(BIN)/faq ingest >&2
	@mkdir -p $(@D)
	@touch $@

clean: ## Remove the environment, the knowledge base and builds
	rm -rf $(VENV) .venv-txtai .venv-haystack .venv-milvus .faq build dist
