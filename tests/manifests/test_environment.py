"""Which environment variables a manifest reads, as text and as secrets."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest

from a2c_spec.core.diagnostics import Position
from a2c_spec.manifests.environment import Environment, is_key
from a2c_spec.manifests.expressions.limits import Unknown
from a2c_spec.manifests.variables import VarValue
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


FORMS = {
    "base64": base64.b64encode(KEY.encode()).decode(),
    "base64url in a text": base64.urlsafe_b64encode(b"me:" + KEY.encode()).decode(),
    "hex": KEY.encode().hex(),
    "hex in large letters": KEY.encode().hex().upper(),
    "backwards": KEY[::-1],
    "percent-encoded": "".join(f"%{byte:02x}" for byte in KEY.encode()),
    "quoted": quote(KEY, safe=""),
    "JSON": "".join(f"\\u{ord(one):04x}" for one in KEY),
    "broken": f"{KEY[:5]}\n{KEY[5:]}",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_the_key_of_the_service_is_had_in_no_form(form: str) -> None:
    environ = {"API2CONVERT_API_KEY": KEY, "GOOD": form, "A2C_VAR_v": form}
    environment = Environment(environ, ALLOWED)
    values, problems = environment.read(tree("[GOOD]"))
    problems += environment.check(tree("{a: {secret: 'env:GOOD'}}"))
    for value in (
        VarValue(form, Position("A2C_VAR_v"), is_text=True),
        VarValue(form, Position("--var v"), is_text=True),
        VarValue([{"x": form}], Position("vars.yaml", 1, 1)),
    ):
        more, wrong = environment.variables(tree("{v: {type: string, pattern: '^x$'}}"), {"v": value})
        values, problems = {**values, **more}, [*problems, *wrong]
    assert all(isinstance(value, Unknown) for value in values.values())
    assert ["is the key of the service" in problem.message for problem in problems] == [True] * 5
    assert not any(form in str(problem) or KEY in str(problem) for problem in problems)


@pytest.mark.parametrize("first", ["variable", "secret"])
def test_a_variable_is_not_had_from_what_is_a_secret(first: str) -> None:
    learnt: list[str] = []
    environment = Environment({"A2C_VAR_pw": "geheim99"}, (), learnt.append)
    given = {"pw": VarValue("geheim99", Position("A2C_VAR_pw"), is_text=True)}
    secret, declared = tree("x: {secret: 'env:A2C_VAR_pw'}"), tree("pw: {type: string}")
    if first == "variable":
        assert environment.variables(declared, given) == ({"pw": "geheim99"}, [])
        found = list(environment.check(secret))
    else:
        assert list(environment.check(secret)) == []
        values, found = environment.variables(declared, given)
        assert isinstance(values["pw"], Unknown)
    assert len(found) == 1
    said = "is read as text by m.yaml:1:1" if first == "variable" else "is a secret, by m.yaml:1:"
    assert said in found[0].message
    assert learnt == ["geheim99"]


def test_a_value_of_the_same_name_from_elsewhere_is_had() -> None:
    environment = Environment({"A2C_VAR_pw": "geheim99"})
    list(environment.check(tree("x: {secret: 'env:A2C_VAR_pw'}")))
    given = {"pw": VarValue("other", Position("--var pw"), is_text=True)}
    assert environment.variables(tree("pw: {type: string}"), given) == ({"pw": "other"}, [])
