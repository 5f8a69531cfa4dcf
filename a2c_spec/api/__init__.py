"""Edge: the service: its client, the calls of a change, waiting, and results downloaded into files."""
