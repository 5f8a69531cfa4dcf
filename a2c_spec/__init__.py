"""Declarative file-conversion jobs: recipes in YAML, applied with the fewest possible API calls."""

__version__ = "0.1.0"
