"""Runs converters in separate processes with limits, without network, and with access to few files."""
