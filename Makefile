# make help — what there is to do. A fresh machine needs Python >= 3.11, make and git.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SPARK_STAMP := $(VENV)/.installed-spark
export FENGHUANG_HOME ?= $(CURDIR)
export DAGSTER_HOME ?= $(FENGHUANG_HOME)/warehouse/dagster

.PHONY: help run test check spark ui ui-readonly bench bench-report lock clean
help:            ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(STAMP)

$(SPARK_STAMP): $(STAMP) requirements-spark.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-spark.lock
	touch $(SPARK_STAMP)

run: $(STAMP)    ## demo county if the inbox is empty, then the nightly job
	$(BIN)/fenghuang demo --if-empty
	$(BIN)/fenghuang nightly

test: $(STAMP)   ## the whole test suite
	bash tests/install_services.sh
	bash tests/install_spark.sh
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

spark: $(SPARK_STAMP)    ## the second engine (needs Java 17), for `fenghuang nightly --engine spark`

check: $(STAMP)  ## ruff, mypy, sqlfluff, SQL that both engines read the same way
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint dbt_project/models dbt_project/tests dbt_project/province
	$(BIN)/python -m pipelines.build.portable

ui: $(STAMP)     ## Dagster web server and daemon on http://127.0.0.1:3000
	mkdir -p $(DAGSTER_HOME) && cp -n dagster.yaml $(DAGSTER_HOME)/dagster.yaml
	$(BIN)/dagster dev -h 127.0.0.1 -p 3000 -m pipelines.definitions

# Auditors start nothing. The second server shows the pages that assets link to: passports and Data Docs.
ui-readonly: $(STAMP)    ## the same without a daemon, for auditors: nothing can be launched; pages on :3001
	mkdir -p $(DAGSTER_HOME) && cp -n dagster.yaml $(DAGSTER_HOME)/dagster.yaml
	trap 'kill $$pages' EXIT; \
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory $(FENGHUANG_HOME)/warehouse/current 3001 >/dev/null 2>&1 & pages=$$!; \
	$(BIN)/dagster-webserver --read-only -h 127.0.0.1 -p 3000 -m pipelines.definitions

bench: $(STAMP)  ## timings and memory, printed as a table (SIZES="county province nation growth")
	$(BIN)/python -m tests.bench $(SIZES)

bench-report: $(STAMP)  ## the same and more, into docs/performance.md (SIZES=…, MINUTES=25; RENDER=1: without measuring)
	$(BIN)/python -m tests.bench $(if $(RENDER),--render,--report) $(if $(MINUTES),--minutes=$(MINUTES)) $(SIZES)

UV_COMPILE := .venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-strip-extras --no-header
lock:            ## write requirements.lock and requirements-spark.lock again from pyproject.toml
	$(PYTHON) -m venv .venv-lock && .venv-lock/bin/pip install --quiet uv
	$(UV_COMPILE) --extra dev -o requirements.lock pyproject.toml build-requirements.in
	$(UV_COMPILE) --extra dev --extra spark -c requirements.lock -o requirements-spark.lock pyproject.toml build-requirements.in
	rm -rf .venv-lock

clean:           ## remove what can be made again (never raw/ or warehouse/)
	rm -rf $(VENV) dbt_project/target dbt_project/logs .pytest_cache .ruff_cache .mypy_cache
