"""The `${{ }}` expressions of manifests: parsed, evaluated, bounded."""
