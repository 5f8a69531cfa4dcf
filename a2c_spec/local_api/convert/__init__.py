"""Real conversions with well-kept libraries; what cannot be done is refused, never faked."""

from a2c_spec.local_api.convert.catalog import catalog, resolve
from a2c_spec.local_api.convert.inspect.probe import check_password, probe
from a2c_spec.local_api.convert.option_check import check_options
from a2c_spec.local_api.convert.run import convert, warm_up

__all__ = ["catalog", "check_options", "check_password", "convert", "probe", "resolve", "warm_up"]
