"""Keeps secrets out of what the service says, before any of it is shown or recorded: it may echo what it was sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from a2c_spec.api.http.secret_forms import LONG_LINE, SHORT, folded, forms_of, parts_of, texts_of
from a2c_spec.core.disguises import LONG, unfolded, without
from a2c_spec.core.live import file_name_in
from a2c_spec.core.sensitive import HIDDEN, names_secret

LINK = 16
"""Secrets of so many characters stand in no address by chance."""
MANY = 100
"""Lines of a secret that has more of them are looked for escaped once, not twice: each has hundreds of forms."""
TOLD = frozenset({"message", "info", "errors", "warnings", "details", "description"})
"""The keys of what the service says to people."""
LEFT = frozenset(
    {"id", "job", "input", "conversion", "id_source", "token", "uri", "server", "checksum", "hash", "created_at"}
)
"""The keys of what calls, downloads and comparisons need as it is; none of it is shown but ids and times."""
LEFT_WORDS = re.compile(
    "incomplete|ready|running|created|queued|pending|downloading|downloaded|processing|completed|failed|canceled|waiting|"
    "uploading|upload|remote|output|input|conversion|input_id|gdrive_picker|base64|cloud|job|amazons3|azure|ftp|"
    "googlecloud|gdrive|youtube|auto|video|file|website|screenshot|screenshot_pdf|zip|archive|audio|cad|document|ebook|"
    "hash|image|metadata|operation|private|public"
)
"""Words of the API itself: a value that is one of them says nothing else."""
_NAME = re.compile("[a-z_]+")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,}")


class SecretReturned(Exception):
    """An answer holds a secret in the place of an id, an address or a checksum: what goes back as it is, or is kept as
    it is, cannot be hidden. Says under which key."""


def _never(_secret: str) -> bool:
    return False


def _none() -> Iterable[str]:
    return ()


class Redaction:
    """The secrets that this process knows, and texts without them.

    ``in_plain`` tells whether a text stands in the manifests for everybody to see, as the word ``report`` may be a
    password and part of a file's name: then echoes of what was sent keep it, and only messages hide it. ``recorded``
    gives the secrets that earlier runs sent; it is asked once, when the first answer comes.
    """

    def __init__(self) -> None:
        self.in_plain: Callable[[str], bool] = _never
        self.recorded: Callable[[], Iterable[str]] = _none
        self._known: dict[str, tuple[str, ...]] = {}
        self._folded: dict[str, frozenset[str]] = {}
        self._tokens: set[str] = set()
        self._open: dict[str, bool] = {}

    def learn(self, *secrets: str) -> None:
        """From now on these are hidden, also their lines, and of a URL its password and the values of its query."""
        for secret in secrets:
            if len(secret.strip()) > 1 and secret not in self._known:
                parts = {secret: None, **dict.fromkeys(parts_of(secret))}
                for part in parts:
                    forms = forms_of(part, twice=part == secret or len(parts) <= MANY) if len(part) >= SHORT else ()
                    self._known[part] = tuple(form.lower() for form in forms)
                    self._folded[part] = folded(part)

    def text(self, text: str) -> str:
        """A text for people, without secrets."""
        if not self._met((text,)):
            return text
        shown = _TOKEN.sub(lambda found: HIDDEN if found[0] in self._tokens else found[0], text)
        lowered = text.lower()
        here = {one: forms for one, forms in self._known.items() if not forms or any(form in lowered for form in forms)}
        shown = _pattern(here).sub(HIDDEN, shown)  # one of all that is known could take long to make
        return self._unfolded(shown, self._known)

    def data(self, data: Any, *, told: bool = False) -> Any:
        """An answer without secrets, but with what calls need of it; ``told``: all of it is for people. Raises
        SecretReturned where what calls need is a secret."""
        self._tokens |= set(_token_values(data))
        try:
            named = [] if told else _named(data)
            self.learn(*named)
            return self._tree(data, "", told) if named or self._met(texts_of(data)) else data
        except RecursionError:  # nobody can tell what is in there, and no answer is as deep as that
            return None

    def _met(self, texts: Iterable[str]) -> bool:
        """Whether a secret may be in any of the texts; nearly always none is."""
        recorded, self.recorded = self.recorded, _none
        self.learn(*recorded())
        every = "\n".join(texts)
        lowered = every.lower()
        short = any(len(secret) < SHORT and secret.lower() in lowered for secret in self._known)
        inside = unfolded(every) if self._folded else ""
        return (
            short
            or any(form in inside for forms in self._folded.values() for form in forms)
            or any(form in lowered for forms in self._known.values() for form in forms)
            or not self._tokens.isdisjoint(_TOKEN.findall(every))
        )

    def _unfolded(self, text: str, known: Iterable[str]) -> str:
        """A text without these secrets where they are escaped letter by letter, or broken."""
        return without(text, {form: len(one) >= LONG for one in known for form in self._folded[one]})

    def _tree(self, value: Any, key: str, told: bool) -> Any:
        told = told or key in TOLD
        if isinstance(value, Mapping):
            value = self._with_name(value, told)
            return {self._key(name, told): self._tree(item, name, told) for name, item in value.items()}
        if isinstance(value, list):
            return [self._tree(item, key, told) for item in value]
        if not isinstance(value, str) or LEFT_WORDS.fullmatch(value):
            return value
        needed = key in LEFT and (not told or key == "id_source")
        if needed or _ID.fullmatch(value):
            if key == "token" or not self._betrays(value, LINK if key in ("uri", "server") else LONG_LINE):
                return value
            if needed and not told:
                raise SecretReturned(key)
        return self.text(value) if told else HIDDEN if value and names_secret(key) else self._echo(value)

    def _with_name(self, row: Mapping[str, Any], told: bool) -> Mapping[str, Any]:
        """A result; one without a name has that of its address, which is shown, so it must not be secret."""
        uri = row.get("uri")
        name = "" if row.get("filename") or row.get("name") or not isinstance(uri, str) else file_name_in(uri)
        hidden = self._tree(name, "filename", told)
        return row if hidden == name else {**row, "filename": hidden}

    def check_link(self, *forms: str) -> None:
        """Raises SecretReturned where an address to which a redirect leads, in any of its forms, is none that an answer
        may hold as a link."""
        if self._met(map(unquote, forms)) and any(self._betrays(one, LINK) for one in forms):
            raise SecretReturned("Location")

    def _betrays(self, value: str, least: int) -> bool:
        """Whether what is needed as it is is a secret, or holds one of at least so many letters; short ones, and words
        of the API, are in any id or link by chance."""
        lowered = f"{value}\n{unquote(value)}".lower() if "%" in value else value.lower()
        here = [
            secret
            for secret, forms in self._known.items()
            if secret.lower() in lowered.split("\n") or any(len(form) >= least and form in lowered for form in forms)
        ]
        chance = {one for one in here if LEFT_WORDS.fullmatch(one) or (len(one) < LONG_LINE and one.isdigit())}
        return value in self._tokens or any(one not in chance and not self._is_open(one) for one in here)

    def _key(self, name: str, told: bool) -> str:
        return name if _NAME.fullmatch(name) and not told else self.text(name)

    def _echo(self, value: str) -> str:
        """A value that the service shows as it was sent, or that it made itself."""
        if value in self._known:
            return value if self._is_open(value) else HIDDEN
        lowered = value.lower()
        here = {one: forms for one, forms in self._known.items() if any(form in lowered for form in forms)}
        closed = {secret: forms for secret, forms in here.items() if not self._is_open(secret)}
        shown = _pattern(closed).sub(HIDDEN, value) if closed else value
        inside = unfolded(shown)
        broken = [one for one, forms in self._folded.items() if any(form in inside for form in forms)]
        shown = self._unfolded(shown, [secret for secret in broken if not self._is_open(secret)])
        return _TOKEN.sub(lambda found: HIDDEN if found[0] in self._tokens else found[0], shown)

    def _is_open(self, secret: str) -> bool:
        if secret not in self._open:
            self._open[secret] = self.in_plain(secret)
        return self._open[secret]


def _pattern(known: Mapping[str, tuple[str, ...]]) -> re.Pattern[str]:
    """Finds any of the secrets, the longest first, in either case."""
    forms = sorted({form for forms in known.values() for form in forms}, key=len, reverse=True)
    alone = [rf"(?<!\w){re.escape(secret)}(?!\w)" for secret in known if len(secret) < SHORT]
    return re.compile("|".join([*map(re.escape, forms), *alone]) or "(?!)", re.IGNORECASE)


def _named(data: Any, key: str = "") -> list[str]:
    """Every text below the name of a secret, which nobody but the service and whoever set it should see."""
    if isinstance(data, str):
        return [data] if data and names_secret(key) else []
    found: list[str] = []
    if isinstance(data, dict):
        for name, value in data.items():
            if isinstance(value, str):
                found += [value] if value and names_secret(name) and name not in TOLD and name not in LEFT else ()
            elif value and name not in TOLD:
                found += _named(value, name)
    elif isinstance(data, list):
        for value in data:
            found += _named(value, key)
    return found


def _token_values(data: Any) -> Iterator[str]:
    """The tokens of the jobs in an answer; each gives full access to its job."""
    rows = data if isinstance(data, list) else [data]
    yield from (str(row["token"]) for row in rows if isinstance(row, Mapping) and row.get("token"))
