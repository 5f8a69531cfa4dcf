"""Edge: turns plans, runs and diagnostics into text; prints nothing itself."""
