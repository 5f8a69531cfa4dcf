"""Edge: from the text of manifests to desired jobs: YAML, schemas, variables, expressions, batches, secrets."""
