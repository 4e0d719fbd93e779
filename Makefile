# Needs Python 3.11 to 3.13, make and git beforehand; everything else comes from PyPI into .venv.
# Which Python it is; an environment says the same as the Python that it was made with.
IDENTITY := import sys; print("%s-%d.%d" % (sys.base_prefix, *sys.version_info[:2]))
FOUND := $(shell test -x .venv/bin/python && .venv/bin/python -c '$(IDENTITY)' 2>/dev/null)
ifeq ($(origin PYTHON),undefined)
PYTHON := python3
# An environment that is there stays, whoever made it: `pulumi install` makes one as well.
ENVIRONMENT := $(FOUND)
else
ENVIRONMENT := $(filter $(shell $(PYTHON) -c '$(IDENTITY)'),$(FOUND))
endif
STACK  ?= dev
APPLICATION := lambda_src/application
WHAT   ?= policies imports answers populate
UV_VERSION := $(shell awk '/^name = "uv"$$/ {getline; gsub(/[^0-9.]/, ""); print}' uv.lock)

export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := .venv
# Without bytecode every run would compile pulumi_aws and moto again, which takes seconds.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show what this Makefile does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: install
install: .venv/.installed ## Create the environment .venv from uv.lock

.venv/.uv-$(UV_VERSION): $(if $(ENVIRONMENT),,other-python)
	@$(if $(ENVIRONMENT),$(BIN)/python,$(PYTHON)) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v < (3, 14) else "Python %d.%d is not supported: name one of 3.11 to 3.13, as in `make PYTHON=python3.12`" % v)'
	$(if $(ENVIRONMENT),,$(PYTHON) -m venv --clear .venv)
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip --upgrade
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

.PHONY: other-python
other-python: # .venv is not there, is broken, or is that of another Python than PYTHON

.venv/.installed: .venv/.uv-$(UV_VERSION) pyproject.toml uv.lock
	$(BIN)/python -m uv sync --quiet --locked --extra local --extra audit
	@touch $@

.PHONY: local
local: install ## Deploy, populate and invoke on the embedded local cloud (STACK=dev)
	@$(BIN)/python -m local up --stack $(STACK)

.PHONY: policies
policies: install ## Both policy packs on the preview of a stack, without AWS (STACK=dev)
	@$(BIN)/python -m local preview --stack $(STACK)

.PHONY: verify
verify: install ## Compare a release on AWS with its manifest (STACK=dev RELEASE=id SHA256=all)
	@$(BIN)/python -m components.verify --stack $(STACK) $(if $(RELEASE),--release $(RELEASE)) $(if $(SHA256),--sha256 $(SHA256))

.PHONY: image
image: install ## Name the populate task's image by its digest in a stack's file (STACK=dev IMAGE=name:tag)
	@$(BIN)/python -m tools.image --stack $(STACK) $(if $(IMAGE),--image $(IMAGE))

.PHONY: first-run
first-run: install ## Try it on AWS for some cents, destroy it, write a report (FIRST_RUN=--yes, --help)
	@$(BIN)/python -m tools.first_run $(FIRST_RUN)

.PHONY: bench
bench: install ## Measure for docs/performance.md (WHAT=policies, imports, answers, populate, packages, lazy, artifacts, networks, aws)
	@$(foreach what,$(WHAT),$(BIN)/python -m benchmarks $(what) $(OPTIONS) &&) true
	@$(BIN)/python -m tools.readme

.PHONY: soak
soak: install ## Every fault at every operation and 1,000 random kills; counts go to docs/releases.md
	@$(BIN)/python -m tests.faults.soak $(SOAK)
	@$(BIN)/python -m tools.readme

.PHONY: check
check: install lint ## The quick part: linters, types, documents, unit tests
	$(BIN)/python -m pytest -q -n 2 -m "not whole and not tensorflow"

.PHONY: test
test: install lint ## Every check and test, the real TensorFlow included
	$(BIN)/python -m pytest -q -n 2

.PHONY: test-all
test-all: ## `make test` on Python 3.11, 3.12 and 3.13, each in a clone of what is committed
	@for version in 3.11 3.12 3.13; do \
		folder=$$(mktemp -d) && git clone --quiet . $$folder && echo "Python $$version, in $$folder" && \
		$(MAKE) -C $$folder test PYTHON=python$$version && rm -rf $$folder || exit 1; done

.PHONY: lint
lint: install
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy .
	$(BIN)/python -m tools.readme --check

.PHONY: deployer-policy
deployer-policy: install ## IAM policies for whoever deploys a stack (STACK=dev ACCOUNT=123456789012 WRITE=folder)
	@$(BIN)/python -m tools.deployer_policy --stack $(STACK) --account $(ACCOUNT) $(if $(WRITE),--write $(WRITE))

.PHONY: files
files: install ## List what of lambda_src/application travels to AWS
	@$(BIN)/python -m tools.files

.PHONY: lock
lock: install ## Lock requirements.in; what is locked stays (UPGRADE=name or UPGRADE=all)
	@$(BIN)/python -m components.lock --directory $(APPLICATION) $(if $(filter all,$(UPGRADE)),--upgrade,$(foreach name,$(UPGRADE),--upgrade-package $(name)))

.PHONY: reference
reference: install ## Renew what the policy packs know of AWS, from cfn-lint and moto
	$(BIN)/python -m tools.reference

.PHONY: audit
audit: install ## Known vulnerabilities of what is locked, from OSV (OPTIONS=--target ...)
	@$(BIN)/python -m components.audit vulnerabilities --directory $(APPLICATION) $(OPTIONS)

.PHONY: sbom
sbom: install ## The SBOM of a lock, or of its release (OPTIONS="--target NAME --manifest FILE")
	@$(BIN)/python -m components.audit sbom --directory $(APPLICATION) $(OPTIONS)

.PHONY: wheels
wheels: install ## Fill the stacks' wheel caches from the locks (CACHE=s3://bucket/prefix for another)
	@$(BIN)/python -m components.wheels --directory $(APPLICATION) $(CACHE)

.PHONY: readme
readme: install ## Renew the generated parts of README.md and docs/, and requirements.txt
	$(BIN)/python -m tools.readme

.PHONY: clean
clean: ## Remove what local runs left, then the environment
	@[ ! -e .local ] || $(PYTHON) -I -S local/state.py
	@if [ -L .venv ] || { [ -e .venv ] && ! ls .venv/.uv-* > /dev/null 2>&1; }; then \
		echo "error: .venv was not made by \`make install\`. Remedy: remove it yourself" >&2; exit 1; fi
	rm -rf .venv
