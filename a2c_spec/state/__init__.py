"""Edge: keeps records and paid results between runs."""
