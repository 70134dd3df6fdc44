# Targets for people; `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# `make results PAPERS=dcec PROTOCOL=paper-cpu` hands these on as --config values.
CONFIG := $(if $(PAPERS),--config papers=$(PAPERS)) $(if $(DATASETS),--config datasets=$(DATASETS)) \
	$(if $(METHODS),--config methods=$(METHODS)) $(if $(SEEDS),--config seeds=$(SEEDS)) \
	$(if $(PROTOCOL),--config protocol=$(PROTOCOL))
CORES ?= all

.DEFAULT_GOAL := help
.PHONY: help env env-test env-bench results tables publish restore site crate test test-fast bench mutants screenshots lint docs lock

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  \1\t/' | expand -t 16

env: $(VENV)/.installed ## build .venv from the lock in envs/

$(VENV)/.installed: envs/lock.txt pyproject.toml
	@sh envs/check-tools.sh $(PYTHON)
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the locked packages into $(VENV) (a few minutes the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r envs/lock.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

env-test: $(VENV)/.installed-test

$(VENV)/.installed-test: $(VENV)/.installed envs/lock-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r envs/lock-dev.txt
	@touch $@

env-bench: $(VENV)/.installed-bench

# ClustPy is published as source alone: pip compiles its one extension.
$(VENV)/.installed-bench: $(VENV)/.installed envs/lock-bench.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r envs/lock-bench.txt \
		|| { echo "Error: ClustPy could not be built; it needs a C compiler and Python's headers (Debian: apt-get install gcc python3-dev)." >&2; exit 1; }
	@touch $@

results: env ## compute every table and figure (PAPERS=, DATASETS=, METHODS=, SEEDS=, PROTOCOL=, CORES=)
	@$(BIN)/clustrace run --cores $(CORES) $(CONFIG)

tables: env ## build all tables from what exists, computing nothing
	@$(BIN)/clustrace tables $(CONFIG)

publish: env ## hand data and weights of the committed results to DVC and send them (PROTOCOL=, …)
	@$(BIN)/clustrace publish $(CONFIG)

restore: env ## bring data and weights of the committed results back, verified (PROTOCOL=, PAPERS=, …)
	@$(BIN)/clustrace restore $(CONFIG)

site: env ## build the results site from what exists, computing nothing (PROTOCOL=); results/site/index.html
	@$(BIN)/clustrace site $(if $(PROTOCOL),--protocol $(PROTOCOL))

crate: env ## describe the results as an RO-Crate (PROTOCOL=)
	@$(BIN)/clustrace crate $(if $(PROTOCOL),--protocol $(PROTOCOL))

test: env-test ## every test and check
	@$(BIN)/python -m pytest

test-fast: env-test ## the tests that need no workflow run and no server, on all cores
	@$(BIN)/python -m pytest -n auto --dist loadfile -m "not slow and not network"

bench: env-bench env-test ## time and memory against the goals and ClustPy (SECTIONS=)
	@$(BIN)/clustrace data fetch mnist-test usps
	@$(BIN)/clustrace bench $(SECTIONS)

mutants: env-test ## try the audit on 600 seeded frauds and 125 honest variations; results/audit.md
	@$(BIN)/python -m tests.mutants

lint: env-test ## format and check the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix . && $(BIN)/snakefmt Snakefile workflow/Snakefile workflow/rules

screenshots: env-test ## pictures of the site for the README; needs Debian's chromium
	@$(BIN)/python -m tests.browser.screenshots

docs: env ## write config/README.md and config/schemas/ from the models
	@$(BIN)/clustrace config docs

lock: ## resolve envs/*.in into the locks anew (needs uv)
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
		--no-emit-index-url --no-header envs/requirements.in -o envs/lock.txt
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
		--no-emit-index-url --no-header -c envs/lock.txt --override envs/overrides.txt \
		envs/dev.in -o envs/lock-dev.txt
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
		--no-emit-index-url --no-header -c envs/lock.txt envs/bench.in -o envs/lock-bench.txt
