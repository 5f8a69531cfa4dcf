"""Edge: what is read from the disk: YAML with positions, templates, schemas, secrets, tables."""
