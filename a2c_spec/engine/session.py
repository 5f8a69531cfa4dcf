"""State, disk and service opened together, for commands that need all three."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from a2c_spec.core.events import Listener, ignore
from a2c_spec.core.state import JobRecord
from a2c_spec.engine.project import Workspace
from a2c_spec.errors import UsageError

if TYPE_CHECKING:
    from a2c_spec.engine.connection import Connection
    from a2c_spec.engine.plan import Session


@asynccontextmanager
async def open_session(space: Workspace, tell: Listener = ignore) -> AsyncIterator[tuple[Session, Connection]]:
    """Opens the desk and a connection; nothing is sent until something is asked."""
    from a2c_spec.engine.connection import connect, endpoint
    from a2c_spec.engine.plan import open_desk
    from a2c_spec.manifests.expressions.template import render_late

    with open_desk(space, endpoint(space).realm) as session:
        async with connect(space, session.store, session.landing, render_late, tell) as connection:
            yield session, connection


def recorded(session: Session, address: str) -> JobRecord:
    """The record of an address; raises UsageError, naming the nearest, when there is none."""
    from difflib import get_close_matches

    record = session.store.get(address)
    if record is None:
        known = [one.address for one in session.store.scan()]
        near = get_close_matches(address, known, n=1)
        hint = f"did you mean {near[0]}?" if near else "`a2c-spec state list` shows what there is"
        raise UsageError(f"nothing is recorded of {address}", hint=hint)
    return record
