"""Sound and video: lengths, sizes, tags and cuts of the outputs, as ffmpeg reads them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from a2c_spec.local_api import convert
from a2c_spec.local_api.convert import programs
from a2c_spec.local_api.convert.contract import ConversionError, Request, Source
from a2c_spec.local_api.convert.media import ffmpeg
from a2c_spec.local_api.convert.media_options import AUDIO, VIDEO
from tests.local_api.convert.fixture_types import Make

FFMPEG = programs.find("ffmpeg") or ""
pytestmark = pytest.mark.skipif(not FFMPEG, reason="the extra `local-media` is not installed")


def record(path: Path, *arguments: str) -> Path:
    subprocess.run([FFMPEG, "-loglevel", "error", "-y", *arguments, str(path)], check=True, stdin=subprocess.DEVNULL)
    return path


@pytest.fixture(scope="session")
def tone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of a quiet tone in stereo."""
    path = tmp_path_factory.mktemp("sounds") / "tone.wav"
    return record(path, "-f", "lavfi", "-i", "sine=440:duration=2", "-ac", "2", "-ar", "44100")


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds, 160 x 120, 10 frames a second, with sound."""
    picture = ["-f", "lavfi", "-i", "testsrc=size=160x120:rate=10:duration=3"]
    sound = ["-f", "lavfi", "-i", "sine=440:duration=3"]
    return record(tmp_path_factory.mktemp("films") / "video.mp4", *picture, *sound, "-pix_fmt", "yuv420p")


def inspect(path: Path) -> ffmpeg.Streams:
    return ffmpeg.inspect(Source("", path, path.name))


def color_at(path: Path, seconds: float, folder: Path) -> tuple[int, ...]:
    shot = record(folder / "shot.png", "-i", str(path), "-ss", f"{seconds:.3f}", "-frames:v", "1")
    with Image.open(shot) as image:
        pixel = image.convert("RGB").getpixel((image.width // 2, image.height // 2))
    assert isinstance(pixel, tuple)
    return tuple(255 if tone > 128 else 0 for tone in pixel)


@pytest.mark.parametrize("target", AUDIO)
def test_every_audio_target_keeps_the_sound(make: Make, tone: Path, target: str) -> None:
    (product,) = make(f"audio/{target}", tone, channels="mono", start="00:00:01").products
    found = inspect(product.path)
    assert (found.audio, found.video, found.channels) == (True, False, 1)
    assert found.duration == pytest.approx(1, abs=0.1)
    assert product.filename == f"tone.{target}"


def test_the_documented_audio_options_are_obeyed(make: Make, tone: Path) -> None:
    options: dict[str, Any] = {"audio_codec": "aac", "audio_bitrate": 192, "channels": "stereo", "frequency": 44100}
    (product,) = make("audio/aac", tone, **options, normalize=True).products
    assert inspect(product.path).duration == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize(
    ("target", "options"),
    [
        ("mp3", {"audio_vbr": 64, "frequency": 22050}),
        ("ogg", {"audio_codec": "opus", "frequency": 44100, "audio_bitrate": 24}),
        ("flac", {"audio_bitdepth": 24, "end": "00:00:01"}),
        ("opus", {"frequency": 16000}),
    ],
)
def test_options_are_followed_or_replaced_by_the_nearest_supported_value(
    make: Make, tone: Path, target: str, options: dict[str, Any]
) -> None:
    (product,) = make(f"audio/{target}", tone, **options).products
    assert inspect(product.path).duration == pytest.approx(1 if "end" in options else 2, abs=0.1)


@pytest.mark.parametrize("target", VIDEO)
def test_every_video_target_keeps_picture_and_sound(make: Make, video: Path, target: str) -> None:
    (product,) = make(f"video/{target}", video, width=80).products
    found = inspect(product.path)
    assert (found.width, found.height, found.audio) == (80, 60, True)
    assert found.duration == pytest.approx(3, abs=0.15)


@pytest.mark.parametrize("target", ["mp3", "ogg", "opus", "flac", "m4a"])
def test_tags_are_set_and_cleared(make: Make, tone: Path, target: str) -> None:
    from tinytag import TinyTag

    (tagged,) = make(f"audio/{target}", tone, metadata={"title": "Song", "author": "Ann"}).products
    tag = TinyTag.get(tagged.path)
    assert (tag.title, tag.artist) == ("Song", "Ann")
    (edited,) = make("metadata/metadata", tagged.path, metadata={"author": ""}).products
    tag = TinyTag.get(edited.path)
    assert (tag.title, tag.artist) == ("Song", None)
    (bare,) = make("metadata/metadata", tagged.path, metadata={"clear_all": True}).products
    assert TinyTag.get(bare.path).title is None


def test_length_and_size_are_probed(make: Make, tone: Path, video: Path) -> None:
    (aac,) = make("audio/aac", tone).products
    for path in (tone, aac.path):
        assert convert.probe(path, path.name)["duration"] == pytest.approx(2, abs=0.1)
    found = convert.probe(video, "video.mp4")
    assert (found["image_width"], found["image_height"], found["duration"]) == (160, 120, 3.0)


def test_metadata_of_sound_is_read(make: Make, tone: Path) -> None:
    found = json.loads(make("metadata/json", tone, type="audio").products[0].path.read_text())
    assert found["duration"] == pytest.approx(2, abs=0.05)


def test_slides_are_shown_for_their_own_times(tmp_path: Path) -> None:
    sources = []
    for name, color, size, seconds in [
        ("a", "red", (90, 60), 1.5),
        ("b", "lime", (60, 90), 0.5),
        ("c", "blue", (91, 61), 2.0),
    ]:
        Image.new("RGB", size, color).save(tmp_path / f"{name}.png")
        options = {"slide_duration": seconds, "resize_handling": "stretch" if name == "b" else None}
        sources.append(Source(name, tmp_path / f"{name}.png", f"{name}.png", options=options))
    (product,) = convert.convert(Request("mp4", "video", tuple(sources), tmp_path)).products
    assert product.inputs == ("a", "b", "c")
    found = inspect(product.path)
    assert (found.duration, found.width, found.height) == (4.0, 90, 60)
    red, green, blue = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    shown = [color_at(product.path, at, tmp_path) for at in (0.0, 1.44, 1.54, 1.94, 2.04, 3.9)]
    assert shown == [red, red, green, green, blue, blue]


def test_a_video_becomes_an_animation(make: Make, video: Path) -> None:
    (product,) = make("image/gif", video, width=80).products
    with Image.open(product.path) as image:
        assert image.size == (80, 60)
        assert image.n_frames > 20  # type: ignore[attr-defined]  # only animations have it


def test_an_animation_becomes_a_video(make: Make, video: Path) -> None:
    (animation,) = make("image/gif", video, width=80).products
    (product,) = make("video/mp4", animation.path).products
    found = inspect(product.path)
    assert (found.width, found.height) == (80, 60)
    assert found.duration == pytest.approx(3, abs=0.2)


def test_a_video_has_a_thumbnail(make: Make, video: Path) -> None:
    (product,) = make("operation/thumbnail", video, width=80).products
    with Image.open(product.path) as image:
        assert image.size == (80, 60)
        assert len(image.convert("RGB").getcolors(100_000) or []) > 10


def test_a_video_is_cut_into_parts(make: Make, video: Path) -> None:
    products = make("operation/cut-video", video, number_of_parts=2).products
    assert [product.filename for product in products] == ["video-1.mp4", "video-2.mp4"]
    assert [inspect(product.path).duration for product in products] == [pytest.approx(1.5, abs=0.05)] * 2
    points = [{"start": "00:00:01.000", "end": "00:00:01.500"}, {"start": "00:00:02.000"}]
    lengths = [
        inspect(product.path).duration for product in make("operation/cut-video", video, cut_points=points).products
    ]
    assert lengths == [pytest.approx(0.5, abs=0.05), pytest.approx(1, abs=0.05)]
    assert len(make("operation/cut-video", video, length=1, end_video="00:00:02.000").products) == 2


def test_picture_and_sound_are_merged(make: Make, tmp_path: Path, tone: Path) -> None:
    silent = record(tmp_path / "silent.mp4", "-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=2")
    (product,) = make("operation/merge-streams", silent, tone).products
    found = inspect(product.path)
    assert (found.audio, found.video) == (True, True)
    with pytest.raises(ConversionError, match="sound"):
        make("operation/merge-streams", silent)


def test_every_stream_is_taken_out(make: Make, video: Path) -> None:
    picture, sound = make("operation/extract-streams", video).products
    assert (picture.filename, sound.filename) == ("video-1.mp4", "video-2.m4a")
    assert (inspect(picture.path).video, inspect(picture.path).audio) == (True, False)
    assert (inspect(sound.path).video, inspect(sound.path).audio) == (False, True)


def test_a_picture_has_no_sound(make: Make, png: Path) -> None:
    with pytest.raises(ConversionError, match="png cannot be converted to mp3") as refusal:
        make("audio/mp3", png)
    assert refusal.value.id_source == "id-0"


@pytest.mark.parametrize(
    "content",
    [
        b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"RIFF\x10\x00\x00\x00AVI LISTgarbage",
    ],
)
def test_a_playlist_or_a_broken_file_is_not_a_video(make: Make, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "evil.mp4").write_bytes(content)
    with pytest.raises(ConversionError) as refusal:
        make("video/mkv", tmp_path / "evil.mp4")
    assert refusal.value.id_source == "id-0"
    assert "root:" not in refusal.value.message
