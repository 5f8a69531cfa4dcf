"""Compares the local API with another service, such as the real one, by sending both the same requests."""
