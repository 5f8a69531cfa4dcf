# The tasks of a2c-spec. `just` lists them; it is on PyPI (`pip install rust-just`). Each task is one plain command, so
# nobody needs `just`. They run in the environment that is active (`pip install -e '.[dev]'`).

_list:
    @just --list --unsorted

# all tests, or those that you name
test *names:
    pytest -n 4 {{ names }}

# format, lint and types
check:
    ruff format .
    ruff check .
    mypy

# the rules of the house: who imports whom, how long a file may be
layering:
    pytest tests/test_layering.py

# branch coverage of the tests that you name, with the lines that are missing
coverage *names:
    pytest -n 4 --cov --cov-report=term-missing:skip-covered {{ names }}

# would the tests notice? rooms: api, core, engine, state
mutation room="core" sample="50" seed="1":
    python -m tests.mutation --room {{ room }} --sample {{ sample }} --seed {{ seed }}

# the planner's proof over millions of pairs (hours)
prove:
    A2C_SPEC_PROVE=full pytest tests/core/planner -n auto

# the local API against the published document (needs `pip install schemathesis`)
conformance:
    python -m tests.local_api.conformance

# the measurements of tests/benchmarks/RESULTS.md
benchmarks:
    python -m tests.benchmarks all

# everything that CI runs, in fresh environments
ci:
    bash .ci/run
