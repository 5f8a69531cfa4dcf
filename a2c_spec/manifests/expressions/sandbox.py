"""Jinja's own sandbox, made tighter: no Python attribute is reached, and all that can grow is counted first.

What is not in the tables of ``functions`` does not exist, so an expression can reach neither the interpreter, the
clock, chance, files nor the network. An expression means what Jinja means.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

import jinja2
from jinja2.nodes import EvalContext
from jinja2.runtime import Context, LoopContext, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from a2c_spec.manifests.expressions.codegen import Generator
from a2c_spec.manifests.expressions.function_limits import callable_of
from a2c_spec.manifests.expressions.functions import FILTERS, METHODS, TESTS
from a2c_spec.manifests.expressions.limits import (
    MAX_RANGE,
    Absent,
    Budget,
    ExpressionError,
    Unknown,
    check_operation,
    limited,
    nearest,
    weigh,
)

Names = Mapping[str, Any]

_LOOP = frozenset({"index", "index0", "revindex", "revindex0", "first", "last", "length", "previtem", "nextitem"})
FAILURES = (
    ExpressionError, RecursionError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError,
    jinja2.TemplateError,
)  # fmt: skip  # what evaluating may raise


class NotDefined(ExpressionError):
    """A name that does not exist; who knows the names adds the hint."""

    def __init__(self, name: str) -> None:
        super().__init__(f"`{name}` is not defined here")
        self.name = name


class Undefined(StrictUndefined, Absent):
    """What a missing name or key gives: ``default`` and ``is defined`` take it, all else says what is missing."""

    __slots__ = ()

    def __init__(self, hint: str | None = None, obj: Any = None, name: Any = None, exc: Any = None) -> None:
        make: Any = _missing  # it is called, never raised itself
        super().__init__(hint, obj, name, exc or make)

    @property
    def _undefined_message(self) -> Any:
        return self  # the message is made by `_missing`, and only when it is needed

    def fail(self) -> NoReturn:
        """Raise the ExpressionError that names what is missing, and the nearest name that is not."""
        self._fail_with_undefined_error()


def _missing(undefined: Any) -> ExpressionError:
    name, found = undefined._undefined_name, undefined._undefined_obj
    if undefined._undefined_hint is not None:
        return ExpressionError(undefined._undefined_hint)
    if found is None:
        return NotDefined(name)
    owner, value = found
    if isinstance(value, Mapping) and isinstance(name, str):
        hint = f"write `{name}()`" if name in METHODS else nearest(name, filter(_is_text, value))
        return ExpressionError(f"`{owner}` has no `{name}`", hint)
    if isinstance(value, (list, tuple, str, range)) and isinstance(name, int):
        return ExpressionError(f"`{owner}` has no item {name}", f"it has {len(value)}")
    hint = f"write `{name}()`" if name in METHODS else ""
    return ExpressionError(f"`{owner}` has no " + (f"`{name}`" if isinstance(name, (str, int)) else "such entry"), hint)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


class Scope(Context):
    """What an expression may see, and how much it may still do; made anew for each evaluation, so kept small."""

    def __init__(self, names: Names, budget: Budget) -> None:  # Jinja's own copies and looks up more than we need
        self.name = None
        self.parent = names  # type: ignore[assignment]  # any mapping will do
        self.vars = {}
        self.exported_vars = set()
        self.environment = SANDBOX
        self.eval_ctx = _SHARED
        self.budget = budget


class Sandbox(ImmutableSandboxedEnvironment):
    """The one environment of all expressions and text templates."""

    code_generator_class = Generator
    context_class = Scope
    intercepted_binops = frozenset(ImmutableSandboxedEnvironment.default_binop_table)
    intercepted_unops = frozenset(ImmutableSandboxedEnvironment.default_unop_table)

    def __init__(self) -> None:
        super().__init__(undefined=Undefined, optimized=False, autoescape=False, cache_size=0)
        self.filters = {name: callable_of(name, function) for name, function in FILTERS.items()}
        self.tests = {name: callable_of(name, function) for name, function in TESTS.items()}
        self.methods = {name: callable_of(name, function) for name, function in METHODS.items()}
        self.globals = {}
        self.no_else = Undefined("`if` needs an `else` here")

    def getitem(self, obj: Any, argument: Any, owner: str = "this value") -> Any:
        """The entry ``argument`` of a mapping, list or text; never a Python attribute."""
        try:
            if isinstance(obj, (Mapping, list, tuple, str, range)):
                value = obj[argument]
                if type(value) is Unknown:
                    raise ExpressionError("")  # reported before
                return value
        except (TypeError, LookupError):
            pass
        if isinstance(obj, Absent):
            obj.fail()
        if argument in (_LOOP if isinstance(obj, LoopContext) else getattr(type(obj), "_fields", ())):
            return getattr(obj, argument)
        return Undefined(obj=(owner, obj), name=argument)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """The same: attributes are keys."""
        return self.getitem(obj, attribute)

    def call_filter(self, name: str, *values: Any, **named: Any) -> Any:
        """The filter that ``map`` names."""
        if name not in self.filters:
            raise ExpressionError(f"there is no filter `{name}`", nearest(name, FILTERS))
        return super().call_filter(name, *values, **named)

    def call_test(self, name: str, *values: Any, **named: Any) -> Any:
        """The test that ``select`` and its like name."""
        if name not in self.tests:
            raise ExpressionError(f"there is no test `{name}`", nearest(name, TESTS))
        return super().call_test(name, *values, **named)

    def call(self, *_values: Any, **_named: Any) -> NoReturn:
        """Nothing is called but methods and ``range``, which need no help of this."""
        raise ExpressionError("this cannot be called")

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """``left operator right``, counted before and checked after."""
        try:
            check_operation(context.budget, operator, left, right)
            return limited(self.binop_table[operator](left, right))
        except (TypeError, ValueError, ArithmeticError) as error:
            hint = "`~` joins anything into text" if operator == "+" and isinstance(error, TypeError) else ""
            raise ExpressionError(f"cannot compute this: {error}", hint) from error

    def joined(self, context: Any, *values: Any) -> str:
        """``a ~ b``."""
        context.budget.spend_size(sum(len(v) if type(v) is str else weigh(v, context.budget) for v in values))
        return "".join(map(str, values))

    def weighed(self, context: Any, value: Any) -> Any:
        """``value`` itself, which is about to be compared."""
        if type(value) is str:
            context.budget.spend(len(value) // 100)
        elif isinstance(value, (Mapping, list, tuple)):
            weigh(value, context.budget)
        return value

    def sliced(self, context: Any, value: Any, start: Any, stop: Any, step: Any) -> Any:
        """``value[start:stop:step]``."""
        if isinstance(value, Absent):
            value.fail()
        if not isinstance(value, (str, list, tuple, range)):
            raise ExpressionError("only text and lists can be sliced")
        try:
            context.budget.spend(1 + len(value) // 100)
            return value[start:stop:step]
        except (TypeError, ValueError) as error:
            raise ExpressionError("a slice needs whole numbers, and a step that is not 0") from error

    def numbers(self, context: Any, *bounds: Any) -> range:
        """``range()``, the only function."""
        try:
            numbers = range(*bounds)
            if len(numbers) > MAX_RANGE:
                raise ExpressionError(f"a range may hold {MAX_RANGE} numbers")
        except (TypeError, ValueError, OverflowError) as error:
            raise ExpressionError("`range` does not fit these arguments") from error
        context.budget.spend(1 + len(numbers) // 100)
        return numbers

    def rounds(self, context: Any, items: Any, cost: int) -> Any:
        """What a ``for`` goes through, with the work of all its rounds counted."""
        if isinstance(items, Absent):
            items.fail()
        if not isinstance(items, (Mapping, list, tuple, range)):
            raise ExpressionError("`for` needs a list")
        context.budget.spend(cost * len(items))
        return items


SANDBOX = Sandbox()


_SHARED = EvalContext(SANDBOX)  # no expression changes it


def values_of(template: jinja2.Template, names: Names, budget: Budget) -> Iterator[tuple[int, bool, Any]]:
    """For each text and expression of ``template``: its line, whether it is text, and its value."""
    pieces: Iterator[Any] = template.root_render_func(Scope(names, budget))  # ours yields more than Jinja's
    return pieces


def explained(error: Exception, names: Names) -> ExpressionError:
    """Any of FAILURES as an ExpressionError, with a hint where a name is missing."""
    if isinstance(error, NotDefined):
        error.hint = nearest(error.name, names)
    if isinstance(error, ExpressionError):
        return error
    if isinstance(error, RecursionError):
        return ExpressionError("the expression is nested too deeply")
    return ExpressionError(f"cannot compute this: {error}")
