"""The dashboard."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from a2c_spec.local_api import convert
from a2c_spec.local_api.settings import Settings
from a2c_spec.local_api.worker.browser import find_browser
from tests.local_api.harness import Api, Start, running


def page(api: Api, path: str = "/") -> str:
    answer = api("GET", f"{api.base.removesuffix('/v2')}/_a2c{path}", key=None)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    return answer.text


def test_the_dashboard_shows_jobs_inputs_outputs_history_and_calls(api_with: Start) -> None:
    api = api_with()
    assert "API2CONVERT_BASE_URL" in page(api)
    done = api.run("one", "two", conversion=[{"target": "joined"}])
    assert done["id"] in page(api)
    text = page(api, f"/jobs/{done['id']}")
    assert text.index("a.txt") < text.index("b.txt") < text.index("joined.txt")
    for word in ("document/joined", "The file has been successfully converted.", "PATCH /jobs/", "text/plain"):
        assert word in text
    assert done["token"] not in text


def test_names_are_escaped(api_with: Start) -> None:
    api = api_with()
    job = api.job()
    api.upload(job, "x", "<script>alert(1)</script>.txt")
    api.ok("POST", f"/jobs/{job['id']}/input", json={"type": "remote", "source": "https://e.example/<b>x</b>"})
    for text in (page(api), page(api, f"/jobs/{job['id']}")):
        assert "<script>" not in text
        assert "<b>x" not in text


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example"},
        {"Host": "evil.example"},
    ],
)
def test_pages_of_other_sites_are_refused(api: Api, headers: dict[str, str]) -> None:
    root = api.base.removesuffix("/v2")
    for method, path in (("GET", "/_a2c/"), ("GET", "/_a2c/calls"), ("POST", "/_a2c/reset"), ("POST", "/_a2c/faults")):
        assert api(method, root + path, key=None, headers=headers).status_code == 403


def test_pictures_are_previewed_without_counting_as_downloads(tmp_path: Path) -> None:
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(stream, "PNG")
    with running("served", Settings(), convert) as api:
        job = api.job(conversion=[{"target": "jpg"}], process=True)
        api.upload(job, stream.getvalue(), "red.png")
        done = api.wait(job)
        (output,) = done["output"]
        path = f"/outputs/{output['id']}"
        assert path in page(api, f"/jobs/{job['id']}")
        root = api.base.removesuffix("/v2")
        preview = api("GET", f"{root}/_a2c{path}", key=None)
        assert preview.headers["content-type"] == "image/jpeg"
        assert api.ok("GET", f"/jobs/{job['id']}/output")[0]["downloads_counter"] == 0
        if not find_browser():
            pytest.skip("no browser is installed: the page was not rendered")
        rendered = render(f"{root}/_a2c/jobs/{job['id']}", tmp_path)
    assert output["filename"] in rendered
    assert "complete" in rendered


def render(url: str, profile: Path) -> str:
    flags = ["--headless", "--disable-gpu", "--no-sandbox", f"--user-data-dir={profile}", "--virtual-time-budget=3000"]
    done = subprocess.run([find_browser(), *flags, "--dump-dom", url], capture_output=True, timeout=60, check=True)
    return done.stdout.decode()


ACTING = "a\u202egnp.exe\x1b[31m\u2066\u200b\x85\u2028\u3164\ufe0f\U000e0041"


def test_what_turns_text_round_or_hides_it_is_shown_as_escapes(api_with: Start) -> None:
    api = api_with()
    job = api.job(
        conversion=[{"target": "upper", "metadata": {"title": ACTING}}],
        input=[{"type": "remote", "source": "http://127.0.0.1:1/x", "filename": ACTING}],
    )
    for text in (page(api), page(api, f"/jobs/{job['id']}")):
        assert not set(text) & set(ACTING[1:2] + "\x1b\u2066\u200b\x85\u2028\u3164\ufe0f\U000e0041")
    assert "\\u202egnp.exe" in page(api, f"/jobs/{job['id']}")


def test_no_answer_beside_the_api_is_taken_for_a_page(api_with: Start) -> None:
    api = api_with()
    for path in ("", "/", "/calls", "/faults", "/health", "/clock", "/nothing"):
        headers = api("GET", f"{api.base.removesuffix('/v2')}/_a2c{path}", key=None).headers
        assert headers.get_list("x-content-type-options") == ["nosniff"], path
        assert len(headers.get_list("content-security-policy")) == 1, path
