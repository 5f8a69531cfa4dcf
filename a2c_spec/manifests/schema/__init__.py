"""The published JSON Schemas and the checks made from them."""
