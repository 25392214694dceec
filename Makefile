# One command per chore; `make help` lists them. Every target does its own set-up.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
SIZE ?= 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-long lowest coverage check ruff mypy pyright imports format notebooks bench wheel-test lock docs clean

help: ## list the chores
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

$(READY): requirements-dev.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "yimi needs Python 3.11 or newer; try: make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(READY)

setup: $(READY) ## make .venv with the locked packages

demo: $(READY) ## run the main job on the synthetic town (SIZE=10: ten towns); the map is out/demo/map.html
ifeq ($(SIZE),1)
	$(BIN)/yimi demo --out out/demo
else
	PYTHONPATH=.:tests $(BIN)/python -m town out/town --size $(SIZE)
	$(BIN)/yimi run out/town --out out/demo
endif

test: $(READY) ## all checks and tests of a change (under 15 minutes on 2 cores)
	$(MAKE) -j2 check
	$(BIN)/python -m pytest -m "not slow" -n 2 --dist loadfile

test-long: $(READY) ## only the long tests, which `make test` leaves out
	$(BIN)/python -m pytest -m slow

lowest: ## the tests with the oldest packages that pyproject.toml allows (Python 3.11 or 3.12)
	$(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-lowest.lock
	.venv-lowest/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	.venv-lowest/bin/python -m pytest -m "not slow" -n 2 --dist loadfile -p no:cacheprovider -W default::DeprecationWarning

coverage: $(READY) ## the tests, and which lines of the code none of them runs
	$(BIN)/python -m pytest -m "not slow" -n 2 --dist loadfile --cov=geo --cov=analyses --cov=maps --cov-report=term:skip-covered

check: ruff mypy pyright imports ## only the static checks (`make -j2 check`: two at a time)

ruff: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

mypy: $(READY)
	$(BIN)/mypy

pyright: $(READY)
	$(BIN)/pyright

imports: $(READY)
	PYTHONPATH=.:tests $(BIN)/lint-imports

format: $(READY) ## format the code
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

notebooks: $(READY) ## run the notebooks
	$(BIN)/python -m pytest --nbmake notebooks

bench: $(READY) ## the benchmarks, side by side with other packages (installs them aside)
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	for bench in tests/benchmarks/bench_*.py; do .venv-bench/bin/python $$bench || exit 1; done

wheel-test: $(READY) ## build the wheel, install it elsewhere, run the demo from it
	sh tests/wheel_test.sh

docs: $(READY) ## build the documentation; open out/docs/index.html
	PYTHONPATH=.:docs $(BIN)/python -m handbook out/docs

lock: ## resolve the packages anew (needs uv)
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header pyproject.toml --extra parquet -o requirements.lock
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header pyproject.toml --extra parquet --group dev -o requirements-dev.lock
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header pyproject.toml --extra parquet --group dev --group bench -o requirements-bench.lock
	uv pip compile -q --universal --python-version 3.11 --resolution lowest-direct --no-emit-index-url --no-header pyproject.toml --extra parquet -o .lowest.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml --extra parquet --group dev -c .lowest.txt -o requirements-lowest.lock
	sed -i '/-c .lowest.txt/d' requirements-lowest.lock && rm .lowest.txt

clean: ## remove what the other chores made
	rm -rf .venv .venv-bench .venv-lowest out build dist
