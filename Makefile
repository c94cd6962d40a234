# Set up, restore, rebuild, test; `make help` lists the targets.
# Every recipe finds the environment in .venv first; nothing needs to be activated.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := all

PYTHON ?= python3
# One more than there are: a step that reads, writes or begins leaves a core to another. Steps of
# two threads are the long ones and have priority; short ones fill in beside them.
CORES ?= $(shell echo $$(($$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN) + 1)))
TEST_PROCESSES ?= 2
VENV := .venv
LOCK := envs/analysis.lock.txt
UV_VERSION := 0.13.8
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
# Container images set it; each of some 40 steps would then compile all that it imports again.
unexport PYTHONDONTWRITEBYTECODE

MANIFEST := data/recorded/SHA256SUMS
RECORDED := $(shell test ! -e $(MANIFEST) || sed 's/^[0-9a-f]*  //' $(MANIFEST))
MISSING := $(filter-out $(wildcard $(RECORDED)),$(RECORDED))
# What is in the store has a pointer in git; the other recorded files are made from the ledgers.
STORED := $(patsubst %.dvc,%,$(wildcard $(addsuffix .dvc,$(MISSING))))

# Two builds of one tree wait for each other, and the operating system frees this lock when its
# holder dies, kill -9 included; Snakemake's own lock would outlive it, hence --nolock.
GUARD := $(if $(shell command -v flock),exec 9>build/make.lock; flock --nonblock 9 || { \
    echo "another make works in this tree (build/make.lock); waiting until it ends"; flock 9; };)
# To be followed by targets and $(CONSOLE), which prints a line a step.
SNAKEMAKE := $(GUARD) snakemake --cores $(CORES) --nolock --quiet host
CONSOLE := 2>&1 | python rules/console.py 9>&-

.PHONY: all help env lock restored restore record stages times test lint format mine plan gpu-test gpu-measure gpu-cost tune judge

all: restored build/plots-template.html ## rebuild whatever is stale, up to results/report.html
	@$(SNAKEMAKE) $(CONSOLE)
	@# dvc.lock follows what was built, so that `dvc status` and `dvc repro` agree with it. The
	@# guard saves DVC's second when nothing was; without the stamp, find complains, which counts.
	@if [ -n "$$(find results dvc.yaml params.yaml -newer build/settled -print -quit 2>&1)" ]; then \
	    dvc commit --quiet --force dvc.yaml && touch build/settled; fi
	@echo "built: $(CURDIR)/results/report.html"

results/%: restored build/plots-template.html ## rebuild one result and what it is made of, if stale
	@$(SNAKEMAKE) -- $@ $(CONSOLE)

help: ## list the targets
	@sed -n 's/^\([a-z\/%-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

env: ## install the pinned environment into .venv, unless it is there
	@cmp -s $(LOCK) $(VENV)/installed.txt || $(MAKE) $(VENV)/installed.txt

.PHONY: $(VENV)/installed.txt
$(VENV)/installed.txt:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=…")'
	@echo "installing the pinned environment into $(VENV): half a minute with a fast connection"
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python -m pip install --quiet uv==$(UV_VERSION) \
	    && UV_FIND_LINKS="$${PIP_FIND_LINKS:-}" uv pip install --quiet --python $(VENV)/bin/python -r $(LOCK) \
	    || $(VENV)/bin/python -m pip install --quiet -r $(LOCK)
	@cp $(LOCK) $@

lock: env ## resolve envs/analysis.in again
	$(VENV)/bin/python -m pip install --quiet uv==$(UV_VERSION)
	UV_FIND_LINKS="$${PIP_FIND_LINKS:-}" uv pip compile --quiet --upgrade --no-header --no-annotate \
	    --no-emit-find-links --no-emit-index-url envs/analysis.in | sed 's/+cpu$$//' > $(LOCK).tmp
	mv $(LOCK).tmp $(LOCK)

# The commands of the environment; they find the checkout that they were called through.
COMMANDS := $(VENV)/bin/graphx $(VENV)/bin/graphx-sim
$(VENV)/bin/graphx: scripts/cli/graphx | env
	install -m 755 $< $@
$(VENV)/bin/graphx-sim: scripts/sim/graphx-sim | env
	install -m 755 $< $@

restored: env $(COMMANDS)
	@mkdir -p build
	@$(if $(MISSING),echo "recorded data: $(words $(MISSING)) of $(words $(RECORDED)) files are missing; restoring them")
	@# DVC takes 0.2 s a name that it is given, and 2 s for the folder.
	@$(if $(STORED),dvc pull --quiet $(if $(filter-out $(MISSING),$(RECORDED)),$(STORED),--recursive data/recorded) || { for name in $(STORED); do test -e $$name || \
	    echo "error: $$name: its object in the store is damaged or missing; git checkout data/store"; \
	    done >&2; exit 1; })
	@$(if $(filter-out $(STORED),$(MISSING)),python -m scripts.ledger.rebuild)

restore: env ## bring the recorded data back as committed, over whatever lies there
	git checkout --quiet HEAD -- $(MANIFEST) $$(git ls-files 'data/recorded/*.dvc')
	dvc pull --force
	python -m scripts.ledger.rebuild
	python -m scripts.lib.manifest check

record: restored ## declare the files in data/recorded the record, and put them into the store
	@# Tables that follow from ledgers are made again: none can say what its ledger does not.
	python -m scripts.ledger.rebuild --all
	python -m scripts.lib.manifest write $$(find data/recorded -type f \
	    ! -name '*.dvc' ! -name .gitignore ! -path $(MANIFEST))
	python -m scripts.export.croissant --out data/croissant.json
	@# File by file: DVC verifies what it pulls, but not the listing of a tracked folder.
	@stored=$$(sed 's/^[0-9a-f]*  //' $(MANIFEST) | grep -vxFf <(python -m scripts.ledger.rebuild --list)); \
	python -m scripts.lib.store $$stored; \
	dvc add --quiet $$stored
	dvc push --quiet --remote store
	dvc gc --quiet --workspace --cloud --remote store --force

stages: restored ## write dvc.yaml anew from the rules
	python rules/stages.py

times: env ## how long each step took when it ran last in this tree
	@python rules/times.py build/LOG.jsonl

test: restored ## lint, unit and workflow tests
	@# In the order of tests/conftest.py: while one process waits for a whole build, others test.
	pytest -m "not gpu" --numprocesses $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder

lint: env ## ruff, snakefmt, snakemake --lint, mypy
	pytest tests/test_lint.py

format: env ## let the formatters change the files
	ruff check --fix --quiet . || true
	ruff format .
	snakefmt .

# `dvc plots` loads its scripts from the network unless its template holds them.
build/plots-template.html: | restored
	@assets=$$(python -c 'import snakemake.assets as a; print(a.__path__[0])')/data; \
	{ echo '<!DOCTYPE html><html><head><meta charset="utf-8"><title>graphx plots</title>'; \
	  for name in vega vega-lite vega-embed; do \
	    echo '<script>'; cat "$$assets/$$name/$$name.js"; echo '</script>'; done; \
	  echo '</head><body>{plot_divs}</body></html>'; } > $@

mine: restored ## mine both histories again into build/live/ (REPO=a clone of vLLM's repository)
	@$(SNAKEMAKE) $(if $(REPO),--config mine='{"repo": "$(REPO)"}') -- mine $(CONSOLE)

plan: restored ## what a GPU machine is to measure: build/live/plan.parquet
	@$(SNAKEMAKE) -- build/live/plan.parquet $(CONSOLE)

# The last four run on a machine with a GPU, with its own Python: no .venv, no Snakemake, no DVC.
gpu-test: ## on a GPU machine: kernels and harness at full size
	@$(PYTHON) -c 'import sys, torch; sys.exit(None if torch.cuda.is_available() else "error: no GPU that torch can use; run this on a GPU machine")'
	$(PYTHON) -m pytest -m gpu $(wildcard tests/kernels tests/measure tests/runtime tests/tune)

gpu-measure: ## on a GPU machine: carry out build/live/plan.parquet; stopped, it goes on
	$(PYTHON) -m scripts.measure.sweep --plan build/live/plan.parquet \
	    --ledger build/live/ledger.jsonl $(SWEEP)

TUNE_LAYER = $(if $(SHAPE),--shape $(SHAPE)) $(if $(MODEL),--model "$(MODEL)") $(if $(TP),--tp $(TP))
tune: ## on a GPU machine: config files for a layer (DEVICE=…, MODEL=… and TP=…, or SHAPE=…; TUNE=…)
	@$(PYTHON) -m scripts.tune.run --device "$(DEVICE)" $(TUNE_LAYER) $(TUNE)

judge: ## on a GPU machine with vLLM: choose a tuned file's rows by vLLM's own operator (TUNED=folder; JUDGE=…)
	@$(PYTHON) -m scripts.runtime.judge --tuned "$(or $(TUNED),$(error name the folder of a tuning run: make judge TUNED=build/tune/GPU/LAYER))" $(JUDGE)

LAYER := E8-N3584-K4096-top2-bf16
COST := build/live/cost
gpu-cost: ## on a GPU machine: time the tuning of one file, and compiling by the published method (LAYER=…, COST=folder)
	$(PYTHON) -m scripts.measure.tuning_cost --shape $(LAYER) \
	    --space results/tables/space/NVIDIA_H200-$(lastword $(subst -, ,$(LAYER))).parquet \
	    --proposals results/tables/transfer/proposals.parquet --work $(COST) --out $(COST).json
