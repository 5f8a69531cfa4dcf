"""Which environment variables a manifest reads, as text and as secrets."""

from __future__ import annotations

import pytest

from a2c_spec.manifests.environment import Environment, is_key
from a2c_spec.manifests.expressions.limits import Unknown
from tests.manifests.test_variables import HALF, tree

KEY = "sk-0123456789"
ENVIRON = {
    "GOOD": "a", "BYTES": HALF, "OTHER": "b", "A2C_VAR_x": "c", "API2CONVERT_API_KEY": KEY, "COPY": f" {KEY}\n",
    "A2C_VAR_copy": f"x-{KEY}",
}  # fmt: skip
ALLOWED = ("GOOD", "BYTES", "GONE", "COPY", "API2CONVERT_API_KEY", "api2convert_api_key")


def test_only_what_is_listed_and_allowed_is_had() -> None:
    values, problems = Environment(ENVIRON, ALLOWED).read(tree("[GOOD, A2C_VAR_x, GONE, BYTES, OTHER, 7]"))
    assert (values["GOOD"], values["A2C_VAR_x"]) == ("a", "c")
    assert all(isinstance(values[name], Unknown) for name in ("GONE", "BYTES", "OTHER"))
    assert [str(problem).partition(" (")[0] for problem in problems] == [
        "m.yaml:1:19: error: the environment variable `GONE` is not set",
        "m.yaml:1:25: error: the environment variable `BYTES` is not UTF-8",
        "m.yaml:1:32: error: the environment variable `OTHER` is not for manifests",
    ]


@pytest.mark.parametrize("name", ["API2CONVERT_API_KEY", "api2convert_api_key", "COPY", "A2C_VAR_copy"])
def test_the_key_of_the_service_is_never_had(name: str) -> None:
    environment = Environment(ENVIRON, ALLOWED)
    values, problems = environment.read(tree(f"[{name}]"))
    problems += environment.check(tree(f"{{a: [{{b: {{secret: 'env:{name}'}}}}]}}"))
    assert isinstance(values[name], Unknown)
    assert ["is the key of the service" in problem.message for problem in problems] == [True, True]
    assert not any(KEY in str(problem) for problem in problems)
    assert is_key(ENVIRON, name)


def test_a_short_key_is_not_looked_for_inside_of_other_values() -> None:
    assert not is_key({"API2CONVERT_API_KEY": "a", "OTHER": "banana"}, "OTHER")
    assert is_key({"API2CONVERT_API_KEY": "a", "OTHER": "a"}, "OTHER")
    assert not is_key({"OTHER": ""}, "OTHER")


@pytest.mark.parametrize("first", ["text", "secret"])
def test_what_is_a_secret_is_not_read_as_text_too(first: str) -> None:
    environment = Environment(ENVIRON, ALLOWED)
    text, secret = tree("[GOOD]"), tree("x: {secret: 'env:GOOD'}")
    if first == "text":
        assert environment.read(text)[1] == []
        found = list(environment.check(secret))
    else:
        assert list(environment.check(secret)) == []
        found = environment.read(text)[1]
    assert len(found) == 1
    assert ("is read as text by m.yaml:1:2" if first == "text" else "is a secret, by m.yaml:1:") in found[0].message


def test_a_secret_lies_in_no_file_that_no_manifest_may_name() -> None:
    found = list(
        Environment({}).check(tree("x: [{secret: 'file:.env'}, {secret: 'file:key.txt'}, {secret: 'cmd:.env'}]"))
    )
    assert [problem.message for problem in found] == ["file:.env leads to .env, which no manifest reads"]
