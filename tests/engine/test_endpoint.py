"""Which service a command talks to: the nearest say wins, and two services never share a realm."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.core.diagnostics import Position
from a2c_spec.core.state import JobRecord
from a2c_spec.engine.endpoint import (
    LOCAL,
    SERVICE,
    Endpoint,
    endpoint,
    kept_private,
    recorded_realm,
    untrusted,
)
from a2c_spec.engine.project import Project
from a2c_spec.engine.session import open_state
from a2c_spec.engine.user_config import allowed
from a2c_spec.errors import AuthError, InvalidError, UsageError
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


@pytest.mark.parametrize("url", ["https://me:hunter2@env.test/v2", "https://env.test/v2?key=hunter2", "me:hunter2@x"])
def test_a_url_with_a_password_is_refused_and_not_shown(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match="is not a valid http") as caught:
        endpoint(project_in(tmp_path, KEY, base_url=url))
    assert "hunter2" not in str(caught.value)
    assert ": it has a " in str(caught.value)


def test_the_local_api_needs_neither(tmp_path: Path) -> None:
    project = project_in(tmp_path, URL | KEY, local=True, base_url="http://flag.test")
    assert endpoint(project) == Endpoint(LOCAL, "local", "local")


@pytest.mark.parametrize("url", ["HTTP://127.0.0.1:81/v2/", "http://127.1:81/v2", "http://localhost.:81/v2"])
def test_other_spellings_name_the_same_service(tmp_path: Path, url: str) -> None:
    assert endpoint(project_in(tmp_path, KEY, base_url=url)).realm == "localhost:81/v2"


@pytest.mark.parametrize("path", ["/./v2", "/a/../v2", "//v2", "/v2//", "/%76%32"])
def test_a_path_that_can_be_spelled_otherwise_is_none(tmp_path: Path, path: str) -> None:
    """Else a budget would begin anew, and all be paid again, under each spelling."""
    with pytest.raises(UsageError, match="is not a valid http"):
        endpoint(project_in(tmp_path, KEY, base_url=f"https://a.test{path}"))


@pytest.mark.parametrize("host", ["flag.test", "10.0.0.1", "localhost.test", "127.0.0.1.test", "[fe80::1]"])
def test_a_key_goes_to_another_machine_with_tls_only(tmp_path: Path, host: str) -> None:
    def sent(scheme: str, environ: dict[str, str] = KEY, *, allow_http: bool = False) -> Endpoint:
        project = project_in(tmp_path, environ, base_url=f"{scheme}://{host}:81/v2", allow_http=allow_http)
        return kept_private(endpoint(project), project.flags)

    with pytest.raises(UsageError, match="has no TLS") as refused:
        sent("http")
    assert "--allow-http" in refused.value.hint
    assert sent("https").key == sent("http", allow_http=True).key == "key"
    assert sent("http", {}).key == "", "there is nothing to be read"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "[::1]"])
def test_on_this_machine_nobody_is_on_the_way(tmp_path: Path, host: str) -> None:
    project = project_in(tmp_path, KEY, base_url=f"http://{host}:8642/v2")
    assert kept_private(endpoint(project), project.flags).key == "key"


def configured(root: Path, text: str) -> None:
    (root / "config/api2convert").mkdir(parents=True)
    (root / "config/api2convert/config.toml").write_text(text)


def test_the_official_clients_settings_come_last(tmp_path: Path) -> None:
    configured(tmp_path, 'api_key = "theirs"\nbase_url = "https://config.test"\ntimeout = 5\n')
    assert endpoint(project_in(tmp_path)) == Endpoint("https://config.test", "theirs", "config.test")
    assert endpoint(project_in(tmp_path, URL | KEY)) == Endpoint("https://env.test/v2", "key", "env.test/v2")


@pytest.mark.parametrize("text", ["api_key = 5", ""])
def test_settings_that_say_nothing_usable_are_passed_over(text: str, tmp_path: Path) -> None:
    configured(tmp_path, text)
    assert endpoint(project_in(tmp_path)).key == ""


SPELLINGS = [
    ("https://API.host.test:443/v2/", "api.host.test/v2"),
    ("http://host.test:80", "host.test"),
    ("https://host.test:80/v2", "host.test:80/v2"),
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


def saying(root: Path, url: str, environ: dict[str, str] | None = None, **flags: Any) -> Project:
    """A project whose a2c.yaml says ``base_url``."""
    project = project_in(root, environ, **flags)
    place = {"defaults.base_url": Position(str(root / "a2c.yaml"), 3, 13)}
    return replace(project, file=replace(project.file, defaults={"base_url": url}, places=place))


TRUSTED = [
    "http://127.0.0.1:8642/v2",
    "http://127.9.9.9",
    "http://localhost:80/v2",
    "http://LOCALHOST/v2",
    "https://[::1]:8642/v2",
    "https://api.api2convert.com/v2",
    "https://API.api2convert.com:443/other",
    "https://allowed.example/v2",
    "https://exact.example:8443/v2",
    "https://usual.example/v2",
    "https://usual.example:443/v2",
    "https://[2001:db8::1]/v2",
]
REFUSED = [
    ("https://evil.example/v2", "is on a host that is not allowed (evil.example)"),
    ("https://exact.example/v2", "is on a host that is not allowed (exact.example)"),
    ("https://exact.example:8444/v2", "is on a host that is not allowed (exact.example:8444)"),
    ("https://usual.example:8443/v2", "is on a host that is not allowed (usual.example:8443)"),
    ("https://sub.allowed.example/v2", "is on a host that is not allowed"),
    ("https://allowed.example.evil.example/v2", "is on a host that is not allowed"),
    ("https://localhost.evil.example/v2", "is on a host that is not allowed"),
    ("https://127.0.0.1.evil.example/v2", "is on a host that is not allowed"),
    ("https://2130706433/v2", "is on a host that is not allowed"),
    ("https://0.0.0.0/v2", "is on a host that is not allowed"),
    ("http://allowed.example/v2", "does not start with https"),
    ("http://api.api2convert.com/v2", "does not start with https"),
    ("https://allowed.example@evil.example/v2", "is not a plain URL"),
    ("https://evil.example\\@allowed.example/v2", "is not a plain URL"),
    ("https://allowed.example/v2?to=evil", "is not a plain URL"),
    ("https://allowed.example/v2\n", "is not a plain URL"),
    ("https://\u0430llowed.example/v2", "is not a plain URL"),
    ("ftp://127.0.0.1/v2", "is not a plain URL"),
]
ALLOWED = {"api.api2convert.com", "allowed.example", "exact.example:8443", "usual.example:443", "[2001:DB8::1]"}


@pytest.mark.parametrize("url", TRUSTED)
def test_what_is_here_or_allowed_is_trusted(url: str) -> None:
    assert untrusted(url, ALLOWED) is None


@pytest.mark.parametrize(("url", "why"), REFUSED)
def test_what_a_pull_request_may_have_written_is_not_trusted(url: str, why: str) -> None:
    found = untrusted(url, ALLOWED)
    assert found is not None
    assert found[0].startswith(why)
    assert ("--allow-host" in found[1]) == ("not allowed" in why), "only where it helps"


ELSEWHERE = "https://elsewhere.example/v2"


def test_a_host_is_allowed_outside_the_project_and_nowhere_else(tmp_path: Path) -> None:
    with pytest.raises(InvalidError) as error:
        endpoint(saying(tmp_path, ELSEWHERE, KEY))
    (problem,) = error.value.diagnostics
    assert str(problem).startswith(f"a2c.yaml:3:13: error: base_url `{ELSEWHERE}` is on a host that is not allowed")
    assert endpoint(saying(tmp_path, ELSEWHERE, allow_host=("Elsewhere.example",))).base_url == ELSEWHERE
    (tmp_path / "config/a2c-spec").mkdir(parents=True)
    (tmp_path / "config/a2c-spec/config.toml").write_text('allowed_hosts = ["elsewhere.example"]')
    assert endpoint(saying(tmp_path, ELSEWHERE)).base_url == ELSEWHERE


def test_two_services_that_are_named_at_once_are_refused(tmp_path: Path) -> None:
    given = {"local": "--local", "base_url": "--base-url"}
    with pytest.raises(UsageError, match="--local and --base-url name two services"):
        endpoint(project_in(tmp_path, KEY, local=True, base_url="https://a.example", given=given))
    given["base_url"] = "API2CONVERT_BASE_URL"
    assert endpoint(project_in(tmp_path, KEY, local=True, base_url="https://a.example", given=given)).base_url == LOCAL


def test_the_service_of_the_official_client_is_allowed(tmp_path: Path) -> None:
    configured(tmp_path, 'base_url = "https://elsewhere.example/other"')
    assert endpoint(saying(tmp_path, ELSEWHERE)).base_url == ELSEWHERE


def test_what_a_user_says_stands_in_place_of_the_project_which_is_not_judged_then(tmp_path: Path) -> None:
    assert endpoint(saying(tmp_path, ELSEWHERE, URL)).base_url == "https://env.test/v2"
    assert endpoint(saying(tmp_path, ELSEWHERE, base_url="http://flag.test")).base_url == "http://flag.test"
    assert endpoint(saying(tmp_path, ELSEWHERE, local=True)).base_url == LOCAL


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("abc\u200b", "U+200B (ZERO WIDTH SPACE) at the end"),
        ("\ufeffabc", "U+FEFF (ZERO WIDTH NO-BREAK SPACE) at the beginning"),
        ("ab\nc", "U+000A as character 3"),
        ("ab c", "U+0020 (SPACE) as character 3"),
        ("sch\u00fcssel", "as character 4"),
        ("ab\udcffc", "U+DCFF as character 3"),
    ],
)
def test_a_key_with_what_no_key_has_says_so_before_anything_is_sent(key: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(AuthError) as caught:
        endpoint(project_in(tmp_path, {"API2CONVERT_API_KEY": key}))
    assert caught.value.message.startswith("the key in API2CONVERT_API_KEY holds the character U+")
    assert said in caught.value.message
    assert key not in caught.value.message


@pytest.mark.parametrize(
    "url",
    ["http://host\u200b/v2", "\ufeffhttp://host/v2", "http://ho st/v2", "http://host/v2 x", "http://h\u00e4st/v2", "http://[::1",
     "http://a..b/v2", "http://" + "a" * 64 + ".com", "http://host/v2?x=1", "http://host/v2#x", "http://host/\udcff",
     "http://host:99999/v2"],
)  # fmt: skip
def test_a_url_that_no_call_can_be_made_with_is_refused_as_that(url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a valid http"):
        endpoint(project_in(tmp_path, {"API2CONVERT_BASE_URL": url}))


def test_white_space_around_a_url_is_passed_over(tmp_path: Path) -> None:
    assert (
        endpoint(project_in(tmp_path, {"API2CONVERT_BASE_URL": " https://a.test/v2\n"})).base_url == "https://a.test/v2"
    )


def of_config(folder: Path, data: bytes, **more: str) -> Endpoint:
    (folder / "api2convert").mkdir(exist_ok=True)
    (folder / "api2convert" / "config.toml").write_bytes(data)
    return endpoint(project_in(folder, {"XDG_CONFIG_HOME": str(folder), **more}))


def test_the_official_configuration_may_begin_with_the_mark_of_its_encoding(tmp_path: Path) -> None:
    assert of_config(tmp_path, b"\xef\xbb\xbfapi_key = 'k'\n").key == "k"


@pytest.mark.parametrize("data", [b"api_key = ", b"\xff\xfea\x00"])
def test_a_configuration_that_is_none_is_named_unless_nothing_of_it_is_needed(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"api2convert/config\.toml cannot be read"):
        of_config(tmp_path, data)
    assert of_config(tmp_path, data, **URL, **KEY).key == "key"


def test_a_user_without_a_home_has_no_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_class: object) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", classmethod(none))
    assert endpoint(project_in(tmp_path, KEY)) == Endpoint(SERVICE, "key", "api.api2convert.com/v2")
    assert allowed({}, "hosts") == []


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("\ufeffhttps://env.test/v2", "the character U+FEFF (ZERO WIDTH NO-BREAK SPACE) at the beginning"),
        ("https://env.test\u200b/v2", "the character U+200B (ZERO WIDTH SPACE) as character 17"),
    ],
)
def test_a_character_of_a_url_that_nobody_sees_is_named(tmp_path: Path, url: str, said: str) -> None:
    with pytest.raises(UsageError, match="is not a valid http") as caught:
        endpoint(project_in(tmp_path, KEY, base_url=url))
    assert f": it has {said}" in caught.value.message
