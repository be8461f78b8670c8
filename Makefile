# Two commands do all the set-up: `make run` and `make test`. The others are for those who build it.
PYTHON ?= python3
VENV := .venv/bin

.PHONY: run test test-qarnot check test-scenes bench set-up set-up-tests

run: set-up
	@exec $(VENV)/python manage.py up

test: set-up-tests check
	@$(VENV)/python -m tests.suite

test-qarnot: set-up-tests
	@$(VENV)/python -m tests.suite qarnot

test-scenes: set-up-tests
	@$(VENV)/python -m pytest -m scenes tests

bench: set-up-tests
	@$(VENV)/python -m tests.bench

check:
	@$(VENV)/ruff check .
	@$(VENV)/ruff format --check .
	@$(VENV)/mypy .
	@$(VENV)/lint-imports
	@$(VENV)/python manage.py makemigrations --check --dry-run

set-up:
	@$(PYTHON) render_web/stack/set_up.py

set-up-tests:
	@$(PYTHON) render_web/stack/set_up.py --tests
