"""Where converters run: separate processes with limits, no network and a narrow view of the disk."""
