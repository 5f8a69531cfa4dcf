"""Request bodies in the words of the wire; secrets and ids not yet known stay references."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from a2c_spec.core.calls import Body, Payload, Ref
from a2c_spec.core.desired import Content, Conversion, Input
from a2c_spec.core.recipe import asked_filename, sent_filename

EMPTY_CONTENT = Content(0, "", "")


def input_body(item: Input) -> dict[str, Body]:
    """One inline input. One whose bytes an earlier job of ours holds is named by the id that it has there.

    Remote, cloud and picker inputs take credentials; a protected file takes its password among them; ``output`` and
    ``input_id`` name an id of an earlier job as their source.
    """
    credentials: dict[str, Body] = dict(item.credentials)
    if item.decrypt_password:
        credentials["decrypt_password"] = item.decrypt_password
    if item.held:
        again: dict[str, Any] = {"type": "input_id", "source": item.held, "filename": sent_filename(item)}
        return again | ({"credentials": credentials} if credentials else {})
    parts: dict[str, Any] = {
        "type": "output" if item.type == "from" else item.type,
        "source": Ref(f"from:{item.source}") if item.type == "from" else item.source,
        "engine": item.engine,
        "filename": asked_filename(item),
        "content_type": item.content_type,
        "options": item.options,
        "parameters": item.parameters,
        "credentials": credentials,
    }
    return {key: value for key, value in parts.items() if value}


def payload(item: Input, *, with_password: bool = True) -> Payload:
    """What an upload sends: file name, bytes, and its password where the way of sending takes one."""
    return Payload(
        input=item.id,
        filename=sent_filename(item),
        content=item.content or EMPTY_CONTENT,
        path=item.path,
        base64=item.source if item.type == "base64" else "",
        decrypt_password=item.decrypt_password if with_password else None,
    )


def conversion_body(item: Conversion) -> dict[str, Body]:
    """One conversion; the category may be left out where the target is unambiguous."""
    options: dict[str, Body] = dict(item.options)
    if item.preset_from:
        options["preset"] = Ref(preset_ref(item))
    parts: dict[str, Any] = {
        "category": item.category,
        "target": item.target,
        "options": options,
        "metadata": item.metadata,
        "output_target": item.output_target,
    }
    return {key: value for key, value in parts.items() if value}


def preset_ref(item: Conversion) -> str:
    return f"preset:{item.preset_from}"


def permutation(inputs: Sequence[Input]) -> tuple[Body, ...]:
    """The bulk PATCH of all inputs: positions count from 1 and always cover every input, because what a partial
    reorder does to the others is not documented."""
    return tuple(
        {"id": Ref(f"inputs.{item.id}"), "options": {"position": place, **item.settings}}
        for place, item in enumerate(inputs, start=1)
    )
