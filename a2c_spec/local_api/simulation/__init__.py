"""What only tests need: faults, the call log, the switches below /_a2c, and the dashboard."""
