"""YAML 1.2 with a position for every value."""
