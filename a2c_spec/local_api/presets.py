"""Presets: named options for a target, the one thing of an account that outlives its jobs."""

from __future__ import annotations

import json
from typing import Any

from a2c_spec.local_api.store import Store


def find(store: Store, owner: str, preset_id: str) -> dict[str, Any] | None:
    """A preset of the account, or a public one."""
    rows = store.rows("SELECT owner, document FROM presets WHERE id = ?", preset_id)
    if not rows:
        return None
    document: dict[str, Any] = json.loads(rows[0][1])
    return document if rows[0][0] == owner or document["scope"] == "public" else None
