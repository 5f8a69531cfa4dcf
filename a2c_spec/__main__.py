"""``python -m a2c_spec``."""

from a2c_spec.cli import main

main()
