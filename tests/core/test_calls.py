"""A call as a value: what it names, what it costs, and how an array is taken apart."""

from __future__ import annotations

from a2c_spec.core.calls import ENDPOINTS, Call, Cost, Effect, Ref, cost_of, single_part


def test_a_call_is_sent_with_the_method_of_its_kind() -> None:
    assert {kind: Call(kind).method for kind in ENDPOINTS if kind.startswith("patch")} == {
        kind: "PATCH" for kind in ENDPOINTS if kind.startswith("patch")
    }
    assert (Call("create_job").method, Call("delete_job").method) == ("POST", "DELETE")


def test_every_element_that_a_call_names_is_known_however_deep_it_stands() -> None:
    call = Call(
        "patch_inputs", Ref("job"), ({"id": Ref("inputs.a")}, {"options": {"of": (Ref("inputs.b"), "inputs.c")}})
    )
    assert call.named == {"job", "inputs.a", "inputs.b"}
    assert Call("delete_job", "an id", None).named == frozenset()


def test_what_a_plan_costs_is_its_calls_its_bytes_and_its_longest_chain() -> None:
    calls = (Call("create_job"), Call("upload_file", step=1, size=3), Call("upload_file", step=1, size=4))
    assert cost_of(calls) == Cost(3, 7, 2)
    assert cost_of(()).key() == (0, 0, 0)
    assert Cost(1, 9, 9).key() < Cost(2, 0, 0).key(), "calls come first"


def test_one_part_of_an_array_takes_its_name_and_its_effects_along() -> None:
    effects = (Effect("inputs.a", {"x": 1}), Effect("inputs.b", {"x": 2}), Effect("inputs.b", {"y": 3}))
    call = Call("add_inputs", body=({"n": 1}, {"n": 2}), creates=("inputs.a", "inputs.b"), effects=effects, step=4)
    part = single_part(call, 1, {"n": 2})
    assert (part.body, part.creates, part.effects, part.step) == (({"n": 2},), ("inputs.b",), effects[1:], 4)
