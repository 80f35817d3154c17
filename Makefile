# Every command of the project; `make` alone lists them. Needs Python 3.11 or newer, and nothing else.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/ready
port ?= 8080
COMPOSE_FILE ?= deploy/docker-compose.yml
export COMPOSE_FILE
CONTAINERS := .surety/containers
size ?= small

run start: export SURETY_PORT := $(port)
ifneq ($(origin port),file)
up: export SURETY_PORT := $(port)
endif

.DEFAULT_GOAL := help
.PHONY: help run start stop up down logs ps secrets test test-long bench check fix demo migration shapes openapi settings lock chaos fuzz

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(READY) ## Run everything in the foreground until Ctrl-C (port=9080: another base port)
	@$(PY) -m deploy.local run

start: $(READY) ## Run everything in the background; returns when it is ready
	@$(PY) -m deploy.local start

stop: $(READY) ## Stop what runs in the background or in another terminal
	@$(PY) -m deploy.local stop

up: ## Run everything in containers (Docker alone is needed; port=9080: another port); returns when it is healthy
	@docker compose up --build --wait
	@install -d -m 700 $(CONTAINERS)
	@umask 077; docker compose run --rm --no-deps -T seed > $(CONTAINERS)/credentials.json.new
	@mv $(CONTAINERS)/credentials.json.new $(CONTAINERS)/credentials.json
	@echo "Surety      http://$$(docker compose port gateway 8080)"
	@echo "Keys        $(CONTAINERS)/credentials.json (operator, first administrator, ...)"
	@echo "First look  export SURETY_HOME=$(CONTAINERS), then as the README says"

down: ## Stop the containers; data stay in their volumes
	@docker compose --profile seed --profile keeper down

logs: ## Follow the logs of the containers (s=complaints: of one)
	@docker compose logs --follow $(s)

ps: ## Show the containers and how they are
	@docker compose ps --all

secrets: ## Make the secrets of the containers that are missing
	@docker compose run --build --rm secrets

test: $(READY) ## Run the tests, but for the long ones
	$(PY) -m pytest -n 2 --dist loadfile -m "not long"

test-long: $(READY) ## Run the long tests alone
	@if $(PY) -m pytest -q --collect-only -m long > /dev/null; code=$$?; [ $$code -eq 5 ]; \
	then echo "No test is marked as long."; \
	else echo "$(PY) -m pytest -m long"; $(PY) -m pytest -m long; fi

bench: $(READY) ## Measure everything on a stack of its own and write docs/performance.md (size=full: 1,000,000 complaints)
	@$(PY) -m bench --size $(size)

chaos: $(READY) ## Kill processes under clients, then check that every promise was kept (minutes=10 seed=7)
	@$(PY) -m tests.chaos minutes=$(minutes) seed=$(seed)

fuzz: $(READY) ## Call every operation with what nobody would send, by its document (seed=7 examples=200)
	@$(PY) -m tests.fuzz seed=$(seed) examples=$(examples)

check: $(READY) ## Check format, style, types, and that generated documents are up to date
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(PY) -m deploy.documents --check

fix: $(READY) ## Correct format and style where that can be done for you
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

demo: $(READY) ## File the past cases of tests/data through the running gateway (data=FILE: those of a file)
	@$(PY) -m deploy.demo $(data)

migration: $(READY) ## Write the migration that the models ask for (s=complaints m="add channel")
	@$(PY) -m deploy.migration "$(s)" "$(m)"

shapes: $(READY) ## Write the frozen shapes of the events
	$(PY) -m deploy.documents shapes

openapi: $(READY) ## Write docs/openapi.json
	$(PY) -m deploy.documents openapi

settings: $(READY) ## Write the table of settings in docs/operations.md
	$(PY) -m deploy.documents settings

LOCK = $(PY) -m uv pip compile --no-config --quiet --upgrade --universal --python-version 3.11 \
	--generate-hashes --no-header --no-annotate

lock: $(READY) ## Renew the lock files with the newest versions that pyproject.toml admits
	$(PY) -m pip install --quiet uv
	$(LOCK) pyproject.toml -o requirements.lock
	$(LOCK) --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock

$(READY): requirements-dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo \
	"Surety needs Python 3.11 or newer, and $(PYTHON) is not. Name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || { echo \
	"$(PYTHON) has no venv module (on Debian and Ubuntu: apt install python3-venv)." >&2; exit 1; }
	@echo "Installing what requirements-dev.lock names into $(VENV) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
