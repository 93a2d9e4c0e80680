# Names that CI runs too. VENV is where `pip install -e '.[dev]'` went.
VENV ?= .venv
BIN := $(VENV)/bin
# The Python client's own: the SDKs that it meters don't go beside the bot's packages.
VENV_CLIENT ?= .venv-client
CODE := bot tests benchmarks docs client

.PHONY: check format lint types contracts test test-client browser test-browser gateway test-gateway test-metering test-quarter test-all mutants soak bench pictures run

check: format lint types contracts test

format:
	$(BIN)/ruff format --check $(CODE)

lint:
	$(BIN)/ruff check $(CODE)

types:
	$(BIN)/mypy

contracts:
	$(BIN)/lint-imports

test:
	$(BIN)/pytest

# The small distribution in client/: its types, its tests with the real SDKs, and the page of docs
# that puts it and a real bot together.
test-client: $(VENV_CLIENT)/installed
	cd client && $(abspath $(VENV_CLIENT))/bin/mypy
	cd client && $(abspath $(VENV_CLIENT))/bin/pytest
	VENV_CLIENT=$(abspath $(VENV_CLIENT)) $(BIN)/pytest -n 0 -m client

$(VENV_CLIENT)/installed: client/pyproject.toml client/constraints.txt
	python3 -m venv $(VENV_CLIENT)
	$(VENV_CLIENT)/bin/pip install -q -c client/constraints.txt -e 'client[dev]'
	touch $@

# Debian's chromium, for the tests that need a real browser.
browser:
	command -v chromium >/dev/null || { apt-get update -q && apt-get install -y -q chromium; }

test-browser: browser
	$(BIN)/pytest -m browser

# A LiteLLM proxy in an environment of its own: it needs other versions of what we use. Two minutes
# and 740 MB the first time.
GATEWAY_VENV ?= .venv-gateway
gateway: $(GATEWAY_VENV)/installed

$(GATEWAY_VENV)/installed: tests/gateway/constraints.txt
	$(BIN)/python -m venv --clear $(GATEWAY_VENV)
	$(GATEWAY_VENV)/bin/pip install -q -c $< 'litellm[proxy]'
	touch $@

test-gateway: gateway
	GATEWAY_VENV=$(GATEWAY_VENV) $(BIN)/pytest -n 0 -m gateway

mutants:
	$(BIN)/pytest -m mutants

# Usage comes in while the bot and its senders are killed: so many calls on SQLite, and on PostgreSQL.
EVENTS ?= 300000
EVENTS_POSTGRESQL ?= 100000
test-metering:
	METERING_EVENTS=$(EVENTS) METERING_EVENTS_POSTGRESQL=$(EVENTS_POSTGRESQL) $(BIN)/pytest -n 0 -m metering

# Quarters in which two workers on one PostgreSQL are killed again and again; three, or SEEDS.
SEEDS ?= 3
test-quarter:
	QUARTER_SEEDS=$(SEEDS) $(BIN)/pytest -m quarter

test-all: check test-client test-browser test-gateway test-metering test-quarter mutants

soak:
	HYPOTHESIS_PROFILE=soak $(BIN)/pytest tests/services/test_books_machine.py
	$(MAKE) test-quarter SEEDS=20
	$(MAKE) test-metering EVENTS=10000000 EVENTS_POSTGRESQL=0

# Ratios to limits measured in the same run; exit 1 where one is missed. BENCH_ARGS=--help.
bench:
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

# The pictures of README and docs, all anew; STORIES=film only some. Some minutes.
STORIES ?=
pictures: browser
	$(BIN)/python -m docs.pictures $(STORIES)

run:
	$(BIN)/tokenbot playground
