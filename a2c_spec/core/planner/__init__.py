"""The planner behind one door: what one address needs, and why."""
