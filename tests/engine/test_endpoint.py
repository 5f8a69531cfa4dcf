"""Which service a command talks to: the nearest say wins, and two services never share a realm."""

from __future__ import annotations

from pathlib import Path

import pytest

from a2c_spec.engine.endpoint import LOCAL, SERVICE, Endpoint, endpoint
from a2c_spec.errors import UsageError
from tests.engine.projects import project_in

URL = {"API2CONVERT_BASE_URL": "https://env.test/v2/"}
KEY = {"API2CONVERT_API_KEY": " key \n"}


def test_the_public_service_is_the_default_and_has_no_key(tmp_path: Path) -> None:
    assert endpoint(project_in(tmp_path)) == Endpoint(SERVICE, "", "api.api2convert.com/v2")


def test_the_environment_names_service_and_key(tmp_path: Path) -> None:
    assert endpoint(project_in(tmp_path, URL | KEY)) == Endpoint("https://env.test/v2", "key", "env.test/v2")


def test_a_flag_wins_over_the_environment(tmp_path: Path) -> None:
    assert endpoint(project_in(tmp_path, URL, base_url="http://flag.test:81/")).realm == "flag.test:81"


def test_the_local_api_needs_neither(tmp_path: Path) -> None:
    project = project_in(tmp_path, URL | KEY, local=True, base_url="http://flag.test")
    assert endpoint(project) == Endpoint(LOCAL, "local", "local")


def configured(root: Path, text: str) -> None:
    (root / "config/api2convert").mkdir(parents=True)
    (root / "config/api2convert/config.toml").write_text(text)


def test_the_official_clients_settings_come_last(tmp_path: Path) -> None:
    configured(tmp_path, 'api_key = "theirs"\nbase_url = "https://config.test"\ntimeout = 5\n')
    assert endpoint(project_in(tmp_path)) == Endpoint("https://config.test", "theirs", "config.test")
    assert endpoint(project_in(tmp_path, URL | KEY)) == Endpoint("https://env.test/v2", "key", "env.test/v2")


@pytest.mark.parametrize("text", ["api_key = ", "api_key = 5", ""])
def test_settings_that_say_nothing_usable_are_passed_over(text: str, tmp_path: Path) -> None:
    configured(tmp_path, text)
    assert endpoint(project_in(tmp_path)).key == ""


@pytest.mark.parametrize("url", ["ftp://host/v2", "host/v2", "https://", "http:///v2"])
def test_what_is_no_address_of_a_service_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a valid http"):
        endpoint(project_in(tmp_path, base_url=url))
