# Every target is one command of tools/; `make help` lists them.
PYTHON ?= python3
TOOLS := $(PYTHON) -m tools
export PLANNING TECHNICIANS SITES SERVE CASE ARGS JOBS PORT SIZE ONLY

.DEFAULT_GOAL := help
.PHONY: help demo test lint format i18n serve shell tdd bench screenshots chaos nightly lock clean

help: ## list these targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | awk -F '\t' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: ## everything from nothing: the main job, its table, then the web client (SERVE=0 PLANNING= TECHNICIANS= SITES= PORT=)
	@$(TOOLS) demo

test: ## all that must hold: lint, pure, Odoo and browser tests, install alone and uninstall (ONLY=step,step JOBS=2)
	@$(TOOLS) test

lint: ## ruff, pylint-odoo, OCA checks, prettier, eslint, licences, translations; seconds, offline once installed
	@$(TOOLS) lint

format: ## ruff format and prettier on the whole tree (ARGS="path path" for some files)
	@$(TOOLS) format

i18n: ## export each addon's .pot from the code and merge it into its fr.po
	@$(TOOLS) i18n

serve: ## the web client on the demo's database, made if it is missing (PORT=)
	@$(TOOLS) serve

shell: ## Odoo's Python shell on the demo's database
	@$(TOOLS) shell

tdd: ## pytest-odoo in seconds: make tdd ARGS="addons/field_mission/tests -k states"
	@$(TOOLS) tdd

bench: ## benchmarks against OCA field service (CASE=create SIZE=1000)
	@$(TOOLS) bench

screenshots: ## draw docs/screenshots at desktop and phone size from the demo
	@$(TOOLS) screenshots

chaos: ## phones on a bad network, servers killed, at full size (FIELD_OPS_SEED=123 walks the same way again)
	@$(TOOLS) chaos

nightly: ## make test at full sizes, the benchmarks and Odoo's own suites
	@$(TOOLS) nightly

lock: ## resolve requirements*.txt again into requirements.lock and package.json into its lock
	@$(TOOLS) lock

clean: ## drop the databases and the cache that these tools made
	@$(TOOLS) clean
