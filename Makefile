# Names that CI runs too. VENV is where `pip install -e '.[dev]'` went.
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: check format lint types contracts test browser test-browser test-quarter test-all mutants soak bench run

check: format lint types contracts test

format:
	$(BIN)/ruff format --check bot tests benchmarks docs

lint:
	$(BIN)/ruff check bot tests benchmarks docs

types:
	$(BIN)/mypy

contracts:
	$(BIN)/lint-imports

test:
	$(BIN)/pytest

# Debian's chromium, for the tests that need a real browser.
browser:
	command -v chromium >/dev/null || { apt-get update -q && apt-get install -y -q chromium; }

test-browser: browser
	$(BIN)/pytest -m browser

mutants:
	$(BIN)/pytest -m mutants

# Quarters in which two workers on one PostgreSQL are killed again and again; three, or SEEDS.
SEEDS ?= 3
test-quarter:
	QUARTER_SEEDS=$(SEEDS) $(BIN)/pytest -m quarter

test-all: check test-browser test-quarter mutants

soak:
	HYPOTHESIS_PROFILE=soak $(BIN)/pytest tests/services/test_books_machine.py
	$(MAKE) test-quarter SEEDS=20

# Ratios to limits measured in the same run; exit 1 where one is missed. BENCH_ARGS=--help.
bench:
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

run:
	$(BIN)/tokenbot playground
