"""Which service a command talks to: the nearest say wins, and two services never share a realm."""

from __future__ import annotations

from pathlib import Path

import pytest

from a2c_spec.core.state import JobRecord
from a2c_spec.engine.endpoint import LOCAL, SERVICE, Endpoint, endpoint, recorded_realm
from a2c_spec.engine.session import open_state
from a2c_spec.errors import UsageError
from a2c_spec.state.sqlite import SqliteStore
from tests.engine.projects import project_in, session_in
from tests.state.stores import put

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


SPELLINGS = [
    ("https://API.host.test:443/v2/", "api.host.test/v2"),
    ("http://host.test:80", "host.test"),
    ("https://host.test:80/v2", "host.test:80/v2"),
    ("http://user:secret@host.test/V2", "host.test/V2"),
    ("http://127.0.0.1:81/v2", "localhost:81/v2"),
    ("http://[::1]:81/v2", "localhost:81/v2"),
    ("http://LocalHost:81/v2", "localhost:81/v2"),
    ("http://127.0.0.2:81", "127.0.0.2:81"),
    ("http://[FE80::1]:81/v2", "[fe80::1]:81/v2"),
]


@pytest.mark.parametrize(("url", "realm"), SPELLINGS)
def test_one_address_has_one_realm_however_it_is_spelled(url: str, realm: str, tmp_path: Path) -> None:
    assert endpoint(project_in(tmp_path, base_url=url)).realm == realm


RECORDED = [
    ("localhost:81/v2", ["127.0.0.1:81/v2", "local"], "127.0.0.1:81/v2"),
    ("localhost:81/v2", ["[::1]:81/v2", "LOCALHOST:81/v2"], "LOCALHOST:81/v2"),
    ("localhost:81/v2", ["127.0.0.1:81/v2", "localhost:81/v2"], "localhost:81/v2"),
    ("localhost:81/v2", ["127.0.0.1:82/v2", "localhost:81", "local", "a b:c"], "localhost:81/v2"),
    ("host.test/v2", ["Host.test:443/v2"], "Host.test:443/v2"),
    ("local", ["LOCAL"], "local"),
    ("host.test", [], "host.test"),
]


@pytest.mark.parametrize(("realm", "recorded", "found"), RECORDED)
def test_what_an_earlier_version_recorded_under_another_spelling_is_found(
    realm: str, recorded: list[str], found: str
) -> None:
    assert recorded_realm(realm, recorded) == found


def test_a_state_goes_on_under_the_spelling_that_it_began_with(tmp_path: Path) -> None:
    with session_in(tmp_path):
        pass
    store = SqliteStore(tmp_path / ".a2c/state.db", "127.0.0.1:81/v2")
    put(store, JobRecord("a", ""))
    store.close()
    with open_state(project_in(tmp_path, base_url="http://localhost:81/v2")) as session:
        assert [record.address for record in session.store.scan()] == ["a"]
        assert session.results.realm == "127.0.0.1:81/v2", "and finds its results in the cache"


@pytest.mark.parametrize("url", ["ftp://host/v2", "host/v2", "https://", "http:///v2", "http://host:x"])
def test_what_is_no_address_of_a_service_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a valid http"):
        endpoint(project_in(tmp_path, base_url=url))
