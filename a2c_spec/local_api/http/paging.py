"""Lists come in pages of fifty, counted from one; the total is in X-Count."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list."""

    number: int
    size: int = PAGE_SIZE

    @property
    def offset(self) -> int:
        """How many rows come before it."""
        return (self.number - 1) * self.size


def page_of(request: Request) -> Page:
    """The page asked for; anything that is not a page number means the first."""
    text = request.query_params.get("page", "1")
    return Page(max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 9 else 1)
