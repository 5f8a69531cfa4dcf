"""Holds the local API to another service, such as the real one: the same questions, the answers side by side."""
