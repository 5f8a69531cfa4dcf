"""Edge: the wire: transport, client, refresh, execute, poll, download."""
