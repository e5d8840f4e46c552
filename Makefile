# Two commands: `make run` serves the demonstration city, `make test` runs every test. Both set up what they need.
# Stamp files remember what was done, so that a later start repeats nothing: .venv/.created, .run, .dev, .train,
# web/node_modules/.installed, .tested and api/static/.built.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test lint web wheel train-setup prerequisites clean

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --disable-pip-version-check -q $(PIP_ARGS)
PACKAGES := casework knowledge routing training assistant storage api demo

ifndef PYTHON
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; break; }; done)
endif

# A .venv that was moved, or whose Python is gone, is of no use: forget it, so that it is made anew.
$(shell [ "$$(cat $(VENV)/.created 2>/dev/null)" = "$(CURDIR)" ] && $(PY) -c '' >/dev/null 2>&1 \
	|| rm -f $(VENV)/.created $(VENV)/.run $(VENV)/.dev $(VENV)/.train)

WEB_SOURCES := $(shell find web \( -name node_modules -o -name dist -o -name coverage \) -prune -o \
	-type f ! -name '*.tsbuildinfo' -print 2>/dev/null)

help:
	@echo 'make run          serve the demonstration city on 127.0.0.1:8000 (options: SERVE_ARGS="--port 9000")'
	@echo 'make test         run every test (options: PYTEST_ARGS="-k encoder")'
	@echo 'make lint         ruff check, ruff format --check, mypy'
	@echo 'make train-setup  add the extra "train" (torch, large) for the transformer trainer and encoder tuning'
	@echo 'make wheel        build the distribution with the web files into dist/'
	@echo 'make clean        remove .venv, the web build and caches; the data of an instance stays'

run: $(VENV)/.run api/static/.built
	@exec $(VENV)/bin/hotline serve --demo $(SERVE_ARGS)

test: $(VENV)/.dev api/static/.built web/node_modules/.tested
	@echo '==> Running the tests'
	@$(PY) -m pytest $(PYTEST_ARGS)

lint: $(VENV)/.dev
	@echo '==> Checking the code: ruff check, ruff format, mypy'
	@status=0; \
	$(PY) -m ruff check . || status=1; \
	$(PY) -m ruff format --check . || status=1; \
	$(PY) -m mypy || status=1; \
	exit $$status

web: api/static/.built

wheel: $(VENV)/.run api/static/.built
	@echo '==> Building the wheel into dist/'
	@$(PY) -m pip wheel --disable-pip-version-check -q --no-deps --wheel-dir dist .
	@ls dist

train-setup: $(VENV)/.train

prerequisites:
	@missing=''; \
	if [ -z "$(PYTHON)" ]; then missing="$$missing Python 3.11 or newer (found: $$(python3 --version 2>/dev/null || echo none));"; \
	elif ! $(PYTHON) -c 'import venv, ensurepip' >/dev/null 2>&1; then \
		missing="$$missing the venv module of $(PYTHON) (Debian, Ubuntu: apt install python3-venv);"; fi; \
	if ! node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null; then \
		missing="$$missing Node.js 20.19 or newer (found: $$(node --version 2>/dev/null || echo none));"; fi; \
	command -v npm >/dev/null 2>&1 || missing="$$missing npm (it comes with Node.js);"; \
	if [ -n "$$missing" ]; then echo "Please install first:$${missing%;}." >&2; exit 1; fi

$(VENV)/.created: | prerequisites
	@echo '==> Creating the virtual environment $(VENV)'
	@$(PYTHON) -m venv --clear $(VENV)
	@echo '$(CURDIR)' > $@

$(VENV)/.run: pyproject.toml $(VENV)/.created
	@echo '==> Installing the Python packages (one to three minutes the first time)'
	@$(PIP) -e .
	@touch $@

$(VENV)/.dev: pyproject.toml $(VENV)/.created
	@echo '==> Installing the Python packages with those for the tests (one to three minutes the first time)'
	@$(PIP) -e '.[dev]'
	@touch $(VENV)/.run $@

$(VENV)/.train: pyproject.toml $(VENV)/.created
	@echo '==> Installing the extra "train" with torch==2.13.0 (several minutes the first time)'
	@$(PIP) -e '.[train]'
	@touch $(VENV)/.run $@

web/node_modules/.installed: web/package.json web/package-lock.json | prerequisites
	@echo '==> Installing the packages of the web pages (npm ci)'
	@cd web && npm ci --include=dev --no-audit --no-fund --loglevel=error
	@mkdir -p web/node_modules && touch $@

api/static/.built: $(WEB_SOURCES) web/node_modules/.installed
	@echo '==> Building the web pages'
	@cd web && npm run --silent build
	@mkdir -p api/static && touch $@

web/node_modules/.tested: $(WEB_SOURCES) web/node_modules/.installed
	@echo '==> Checking the types and running the unit tests of the web pages'
	@cd web && npm run --silent typecheck && CI=true npm --silent test
	@touch $@

clean:
	rm -rf $(VENV) web/node_modules web/dist web/coverage api/static build dist .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find $(PACKAGES) tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
