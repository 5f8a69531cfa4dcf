"""Which addresses count as public."""

from __future__ import annotations

import pytest

from a2c_spec.local_api.storage.address_rules import require_public_address
from a2c_spec.local_api.storage.transfer import TransferFailed


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("::ffff:127.0.0.1", False),
        ("2002:7f00:1::", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("100.64.0.1", False),
        ("64:ff9b::127.0.0.1", False),
        ("64:ff9b::169.254.169.254", False),
        ("64:ff9b::93.184.215.14", True),
        ("64:ff9b:1::93.184.215.14", False),
        ("::127.0.0.1", False),
        ("::93.184.215.14", False),
        ("::ffff:93.184.215.14", True),
        ("::ffff:0:127.0.0.1", False),
        ("2002:5db8:d70e::", True),
        ("2001:0:7f00:1::", False),
        ("2606:4700::5efe:10.0.0.1", False),
        ("2606:4700::200:5efe:127.0.0.1", False),
        ("fec0::1", False),
        ("fd00::1", False),
        ("2001:db8::1", False),
        ("ff0e::1", False),
        ("::", False),
        ("255.255.255.255", False),
        ("198.18.0.1", False),
        ("192.0.0.1", False),
        ("93.184.215.14", True),
        ("2606:4700::1111", True),
    ],
)
def test_only_public_addresses_are_public(address: str, public: bool) -> None:
    if public:
        require_public_address(address)
    else:
        with pytest.raises(TransferFailed):
            require_public_address(address)
