"""A local implementation of the API. It imports nothing of the rest of the package."""
