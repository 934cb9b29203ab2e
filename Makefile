# The commands of this repository; `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
BIN := .venv/bin
LOCK := uv pip compile pyproject.toml --universal --quiet --generate-hashes --no-emit-index-url --no-annotate --no-header
WORKERS ?= 2
SECURITY_TESTS := tests/security tests/app/test_door.py tests/app/api/test_rights.py tests/dashboard/served/test_forms.py \
	tests/dashboard/served/test_single_sign_on.py

.PHONY: help install run serve demo setup test check format fuzz-uploads fuzz-api kill-lane security audit sbom bench bench-load bench-growth bench-growth-200 bench-pages bench-choices bench-read bench-scale load rolling soak spark lock migration screens clean machine

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(BIN)/.run ## from a fresh machine to the demonstration in the browser (PORT=8000 HOST=127.0.0.1)
	@exec $(BIN)/citymark serve --demo --host $(HOST) --port $(PORT)

serve: $(BIN)/.run ## the same over whatever database CITYMARK_DATABASE_URL names, without demonstration figures
	@exec $(BIN)/citymark serve --host $(HOST) --port $(PORT)

demo: $(BIN)/.run ## build the demonstration database if it is empty
	@$(BIN)/citymark demo

install: $(BIN)/.run ## the program and what it needs, nothing started: for services, see docs/deploy

setup: $(BIN)/.dev machine ## everything that development and tests need: packages, PostgreSQL, Chromium, nginx, Redis

test: setup ## the whole suite on SQLite and PostgreSQL and in the browser
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

check: $(BIN)/.dev ## format, lint, types, import rules, fast tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q -n $(WORKERS) -m "not browser" -k "not postgresql"

format: $(BIN)/.dev ## put every file into the one form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

fuzz-uploads: $(BIN)/.dev ## ten thousand faulty uploads, alone and mixed (some minutes)
	CITYMARK_FUZZ_SEEDS=20 CITYMARK_FUZZ_MIXED=8000 $(BIN)/python -m pytest -q -n $(WORKERS) tests/ingest/upload/test_faults.py

fuzz-api: $(BIN)/.dev ## thousands of generated calls of every operation (some minutes)
	CITYMARK_FUZZ_CALLS=600 $(BIN)/python -m pytest -q -n $(WORKERS) tests/app/api/test_contract.py

kill-lane: $(BIN)/.dev ## two hundred publishers killed, on both engines (some minutes)
	CITYMARK_KILLS=200 $(BIN)/python -m pytest -q -n $(WORKERS) tests/loss

security: setup fuzz-uploads fuzz-api ## faulty files and calls, forged callbacks, hostile texts in Chromium, headers, bill of materials, audit
	CITYMARK_FORGED_CALLBACKS=5000 CITYMARK_RANDOM_ADDRESSES=1000 $(BIN)/python -m pytest -q -n $(WORKERS) --dist loadgroup --timeout 600 $(SECURITY_TESTS)
	@$(MAKE) --no-print-directory sbom
	@$(MAKE) --no-print-directory audit

audit: $(BIN)/.dev bench/.security/.ready ## known holes in the locked packages; fails where no vulnerability service answers
	CITYMARK_AUDIT_PYTHON=$(CURDIR)/bench/.security/bin/python $(BIN)/python -m bench.audit

sbom: $(BIN)/.dev bench/.security/.ready ## what the program is made of, as CycloneDX: dist/sbom.json
	$(BIN)/python -m bench.sbom
	bench/.security/bin/python -m bench.sbom --check

bench: $(BIN)/.dev ## benchmarks beside their floors and peers, in one run
	@mkdir -p bench/results
	@missed=0; $(BIN)/python -m bench || missed=1; $(MAKE) --no-print-directory bench-read || missed=1; exit $$missed

bench-load: setup ## a million rows beside the engines' own imports, frictionless and sqlite-utils (some minutes)
	@test -x bench/.peer/bin/python || $(PYTHON) -m venv bench/.peer
	@test -x bench/.peer/bin/sqlite-utils || bench/.peer/bin/pip install --quiet --disable-pip-version-check frictionless sqlite-utils
	CITYMARK_PEER_BIN=$(CURDIR)/bench/.peer/bin $(BIN)/python -m bench.bench_load

bench-growth: setup ## the same questions and the same quarter over 2.2 and 22 million figures (a quarter of an hour, 5 GB of disk)
	$(BIN)/python -m bench.bench_growth

bench-growth-200: setup ## the same up to 200 million on PostgreSQL (half an hour or more, 45 GB of disk)
	CITYMARK_GROWTH="2.2 22 200" $(BIN)/python -m bench.bench_growth

bench-pages: setup ## how soon pages can be read in Chromium, beside Streamlit over the same database
	@test -x bench/.peer/bin/python || ($(PYTHON) -m venv bench/.peer && bench/.peer/bin/pip install --quiet --disable-pip-version-check streamlit plotly pandas)
	CITYMARK_PEER_PYTHON=$(CURDIR)/bench/.peer/bin/python $(BIN)/python -m bench.bench_pages

bench-choices: setup ## how soon Compare answers to a choice, browser and server apart
	$(BIN)/python -m bench.bench_choices

bench-scale: setup ## pages over 1,117 cities, 50 indicators and 40 quarters (builds for some minutes)
	$(BIN)/python -m bench.bench_scale

bench-read: setup ## requests a second beside floors and Datasette, over 2.2 million figures on both engines (needs wrk)
	@test -x bench/.peer/bin/python || $(PYTHON) -m venv bench/.peer
	@test -x bench/.peer/bin/datasette || bench/.peer/bin/pip install --quiet --disable-pip-version-check datasette
	CITYMARK_DATASETTE=$(CURDIR)/bench/.peer/bin/datasette $(BIN)/python -m bench.bench_read

load: $(BIN)/.dev ## 200 users, the heaviest work, five times the users: judged (some 4 minutes; LOAD="--engine postgresql")
	$(BIN)/python -m bench.load_lane $(LOAD)

rolling: $(BIN)/.dev ## two web processes behind nginx, each restarted ten times under load: no request may fail (some minutes)
	CITYMARK_RESTARTS=10 $(BIN)/python -m pytest -q tests/cluster/test_rolling_restart.py

soak: $(BIN)/.dev ## half an hour of users: memory, files, threads and connections may not grow (CITYMARK_SOAK_SECONDS)
	$(BIN)/python -m bench.soak_lane $(SOAK)

spark: $(BIN)/.dev ## Spark over an exported vintage beside the API's own aggregates (needs Java)
	@test -x bench/.spark/bin/python || $(PYTHON) -m venv bench/.spark
	@bench/.spark/bin/python -c 'import pyspark' 2>/dev/null || bench/.spark/bin/pip install --quiet --disable-pip-version-check pyspark
	CITYMARK_SPARK_PYTHON=$(CURDIR)/bench/.spark/bin/python $(BIN)/python -m bench.spark_lane

screens: setup ## take the pictures of the README anew
	CITYMARK_WRITE_SCREENS=1 $(BIN)/python -m pytest -q -m browser

migration: $(BIN)/.dev ## draft a migration from the models (MESSAGE="add …")
	$(BIN)/python -m migrations "$(MESSAGE)"

lock: ## resolve the dependencies anew (needs uv)
	$(LOCK) -o requirements.lock
	$(LOCK) --group dev -o requirements-dev.lock

clean: ## remove what was built; figures under var/ stay
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist *.egg-info

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Citymark needs Python 3.11 or newer, this is " + sys.version.split()[0] + ": name another one with make PYTHON=python3.12 …")'
	@$(PYTHON) -m venv .venv || { echo "python3-venv is missing: apt-get install python3-venv"; rm -rf .venv; exit 1; }

# Compiled by all cores afterwards, not by one on the way; a file that no Python of this version can read is nobody's fault.
define install
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r $(1)
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -qq -j 0 $(CURDIR)/.venv/lib || true
endef

$(BIN)/.run: requirements.lock pyproject.toml | $(BIN)/python
	@echo "installing what Citymark needs (about a minute, once)"
	$(call install,requirements.lock)
	@touch $@

$(BIN)/.dev: requirements-dev.lock pyproject.toml | $(BIN)/python
	@echo "installing what the tests need (a minute or two, once)"
	$(call install,requirements-dev.lock)
	@touch $@ $(BIN)/.run

bench/.security/.ready:
	@test -x bench/.security/bin/python || $(PYTHON) -m venv bench/.security
	@bench/.security/bin/pip install --quiet --disable-pip-version-check pip-audit 'cyclonedx-python-lib[json-validation]' packaging
	@touch $@

machine:
	@tests/install_machine.sh
