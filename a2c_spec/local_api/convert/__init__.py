"""Real conversions with maintained libraries. A conversion that is not possible is refused; nothing is faked."""

from a2c_spec.local_api.convert.inspect.probe import check_password, probe
from a2c_spec.local_api.convert.registry import catalog
from a2c_spec.local_api.convert.run import convert

__all__ = ["catalog", "check_password", "convert", "probe"]
