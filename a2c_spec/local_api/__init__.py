"""The API itself, standing alone: imports nothing of the rest of the package."""
