"""A service that shows its jobs in whatever shape a test says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from a2c_spec.local_api.settings import Settings
from tests.secrecy.echoing import Echoing

Lie = Callable[[dict[str, Any]], None]
"""Changes a job as it is shown."""


class Lying(Echoing):
    """The local API, with every job changed in its answers by ``lie``."""

    def __init__(self, settings: Settings, lie: Lie) -> None:
        super().__init__(settings, {})
        self.lie = lie

    def _job(self, job: dict[str, Any]) -> None:
        self.lie(job)

    def _full(self, data: Any) -> Any:
        if isinstance(data, list):
            return [self._full(row) for row in data]
        if isinstance(data, dict) and isinstance(data.get("status"), dict) and "conversion" in data:
            self.lie(data)
        return data
