# Two commands are enough: `make demo` and `make test`. They need Python 3.11 or newer and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
QCW := $(BIN)/qcw
STAMP := $(VENV)/.installed
CLUSTER := $(VENV)/.cluster

# Every command here starts processes that import the same large libraries: without kept bytecode, which some machines
# forbid for all, each start takes seconds of processor time instead of one. Only what is used is compiled, when it is.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: cluster fuzz soak setup model demo app test test-all lint bench bench-speech bench-store bench-dates bench-fingerprints bench-scoring bench-search bench-order bench-crm bench-sync lock docs dist sbom site vendor

setup: $(STAMP) model ## install into .venv and fetch the speech model

$(STAMP): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ". Next: make PYTHON=python3.12 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --only-binary :all: --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

cluster: $(CLUSTER) ## also what spreading the work over several machines needs (docs/scale-out.md)

$(CLUSTER): $(STAMP) requirements-cluster.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --only-binary :all: --require-hashes -r requirements-cluster.lock
	@touch $(CLUSTER)

model: $(STAMP) ## fetch and verify a speech model, unless one is there
	@$(QCW) models get --if-absent

demo: setup ## the sample company, from recordings to the open app
	$(QCW) demo

app: $(STAMP) ## open the app on ./workspace
	$(QCW) serve

# The workspaces of tests get a folder of their own: what else runs on the machine, other tests too, clears away the
# common one. It stays after a failure.
test: setup cluster lint ## lint, types and all tests but the long ones
	scratch=$$(mktemp -d) && $(BIN)/python -m pytest -n auto --dist worksteal --basetemp=$$scratch/t -m "not slow" && rm -r $$scratch

test-all: setup cluster lint ## all tests, property tests with new examples
	scratch=$$(mktemp -d) && QCW_TEST_EXAMPLES=new $(BIN)/python -m pytest -n auto --dist worksteal --basetemp=$$scratch/t && rm -r $$scratch

lint: $(STAMP) $(CLUSTER)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: bench-speech bench-store bench-dates ## all below

bench-speech: setup ## speed and word error against plain faster-whisper, in one run
	$(BIN)/python -m pipelines.bench_transcription

bench-store: $(STAMP) ## how the store opens and each page asks it at 10 000, 100 000 and 1 000 000 calls
	$(BIN)/python -m pipelines.bench_store

bench-dates: $(STAMP) ## due dates of spoken phrases beside dateparser
	$(BIN)/python -m pipelines.bench_due_dates

bench-fingerprints: $(STAMP) ## looking up a greeting among 100 000
	$(BIN)/python -m pipelines.bench_fingerprints

bench-scoring: $(STAMP) ## thirty reviewers score at once against one server
	$(BIN)/python -m pipelines.bench_scoring

bench-crm: $(STAMP) ## reading 100 000 deals and activities from a stand-in of a CRM
	$(BIN)/python -m pipelines.bench_crm

bench-sync: $(STAMP) ## reading 100 000 calls from stand-ins of telephone systems
	$(BIN)/python -m pipelines.bench_sync

bench-search: $(STAMP) ## searching over a million calls
	$(BIN)/python -m pipelines.bench_search

bench-order: $(STAMP) ## the rules of order on a million calls and a million activities
	$(BIN)/python -m pipelines.bench_order

fuzz: $(STAMP) ## the coverage-guided fuzzer on one border: make fuzz BORDER=binotel SECONDS=1800 (docs/fuzzing.md)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --no-deps atheris==3.0.0
	$(BIN)/python -m tests.fuzzing $(BORDER) $(SECONDS) fuzzed

soak: setup ## ten minutes of the department at work while everything is killed
	$(BIN)/python -m pipelines.soak

lock: ## renew requirements.lock and requirements-cluster.lock from pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --extra dev -o requirements.lock pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --all-extras -c requirements.lock -o requirements-cluster.lock pyproject.toml

docs: $(STAMP) ## renew the generated pages of docs/
	$(BIN)/python -m pipelines.make_docs

dist: $(STAMP) ## a release: wheel, source archive, packages with digests, bill of materials; twice the same bytes
	$(BIN)/python -m pipelines.make_release

sbom: $(STAMP) ## the bill of materials alone (CycloneDX)
	$(BIN)/python -m pipelines.make_sbom

site: $(STAMP) ## the documentation as a site that needs no network: build/site/index.html
	$(BIN)/python -m pipelines.make_site

vendor: $(STAMP) ## fetch the pinned wavesurfer.js again and check it
	$(BIN)/python -m pipelines.vendor_player
