"""Pages of lists: fifty rows each, counted from one; the total is in the header X-Count."""

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
        """How many rows come before this page."""
        return (self.number - 1) * self.size


def page_of(request: Request) -> Page:
    """The page that the query asks for; the first one when it is not a page number."""
    text = request.query_params.get("page", "1")
    return Page(max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 9 else 1)
