"""Real conversions with well-kept libraries; what cannot be done is refused, never faked."""
