"""The `${{ }}` expressions of manifests: parsed, evaluated, limited."""
