"""Edge: where state and results are kept."""
