# `make` lists what there is. Needs Python 3.11 or newer as python3, or make PYTHON=…
PYTHON ?= python3
RUN := .venv/bin/python -m
# Most tests wait for something: two at a time halve the run. What one file starts serves that file's tests.
TWO := --numprocesses 2 --dist loadfile --max-worker-restart 0
COMPILE := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

.DEFAULT_GOAL := help
.PHONY: openapi-diff help run test explore compose-test deploy-test check fmt lock vendor bench screenshots redis-cli clean packages dev-packages

help: ## what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

run: packages ## start everything on http://localhost:8080 (PORT=9090 make run: on another port)
	@exec $(RUN) local_stack

test: dev-packages ## run every test: unit, service, system, then those in a browser
	@$(RUN) local_stack.programs redis nginx chromium
	@status=0; \
	$(RUN) pytest $(TWO) tests --ignore tests/browser --ignore tests/system/compose --ignore tests/deploy/lab || status=$$?; \
	$(RUN) pytest tests/browser || status=$$?; \
	exit $$status

explore: dev-packages ## try new orders of events (SCENARIO=all SECONDS=20; SEED=… shows one)
	@PYTHONHASHSEED=0 $(RUN) tests.simulation $(or $(SCENARIO),all) $(or $(SECONDS),20) $(SEED)

compose-test: dev-packages ## build the containers and sign in through them (needs Docker, ports 8080, 8090 and 9090)
	@$(RUN) pytest tests/system/compose

deploy-test: dev-packages ## the overlays of deploy/ in containers, and a real Prometheus (needs Docker, ports 18080, 18090 and 18443)
	@$(RUN) local_stack.programs redis nginx chromium prometheus
	@$(RUN) pytest tests/deploy

openapi-diff: dev-packages ## compare Cisco's description of the messaging API with ours (FILE=webex-messaging.json)
	@$(RUN) tests.service.description $(FILE)

check: dev-packages ## ruff, mypy, import-linter
	@$(RUN) ruff check
	@$(RUN) ruff format --check
	@$(RUN) mypy
	@.venv/bin/lint-imports

fmt: dev-packages ## format the code, and mend what ruff can mend
	@$(RUN) ruff check --fix
	@$(RUN) ruff format

lock: dev-packages ## compile requirements*.txt from pyproject.toml anew
	@$(COMPILE) pyproject.toml --output-file requirements.txt
	@$(COMPILE) pyproject.toml --extra otel --constraints requirements.txt --output-file requirements-otel.txt
	@$(COMPILE) pyproject.toml --extra otel --group dev --constraints requirements-otel.txt --output-file requirements-dev.txt
	@$(COMPILE) --no-deps --group store --output-file requirements-store.txt
	@$(COMPILE) bench/peers/requirements.in --output-file bench/peers/requirements.txt

vendor: ## build app_service/static/vendor anew, byte for byte (needs Node with npm)
	@vendor/build

bench: dev-packages ## measure this system beside its peers, into docs/benchmark.md (QUICK=1: a first look in 3 minutes)
	@$(RUN) local_stack.programs redis nginx
	@$(RUN) bench $(if $(QUICK),--quick)

screenshots: dev-packages ## make the pictures in docs/img anew
	@$(RUN) local_stack.programs redis nginx chromium
	@SCREENSHOTS=docs/img $(RUN) pytest tests/browser

redis-cli: packages ## look into the Redis of `make run`, as its user admin
	@exec $(RUN) local_stack.redis_cli

clean: ## delete what was generated: .venv, .run and caches
	@rm -rf .venv .run .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

packages:
	@$(PYTHON) -B -m local_stack.interpreter requirements.txt requirements-store.txt

dev-packages: ## install into .venv what tests and checks need
	@$(PYTHON) -B -m local_stack.interpreter requirements-dev.txt
