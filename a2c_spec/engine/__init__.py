"""The use cases: plan, apply, refresh; the only place that composes the edges. No click, no printing."""
