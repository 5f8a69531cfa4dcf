"""The other environments of a project: each has a state of its own, and nobody writes over what is another's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from a2c_spec.core.file_names import path_key
from a2c_spec.core.protected import protected
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.state import JobRecord
from a2c_spec.core.state_store import OwnedFile
from a2c_spec.engine.endpoint import recorded_realm
from a2c_spec.engine.project import Project
from a2c_spec.engine.state_places import noted_states
from a2c_spec.state.sqlite import SqliteStore

BESIDE = ("", "-wal", "-shm", "-journal")
"""What SQLite adds to the name of a database."""


def environments(project: Project) -> Iterator[str]:
    """Every environment that has, or may have, a state here: those of a2c.yaml, and those with a folder of ours."""
    folder = project.root / ".a2c" / "env"
    found = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    yield from sorted({"", *project.file.environments, *found})


def _in_words(env: str) -> str:
    return f"in environment {env}" if env else "without an environment"


@dataclass(slots=True)
class Workspaces:
    """The states of all environments but the chosen one, and those that were in use and that no environment has any
    more, by which they are in words; opened when they are needed, and only read."""

    project: Project
    realm: str
    stores: dict[str, SqliteStore] | None = None
    own: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Files of ours that may stand outside ``.a2c``, by the key of their path."""
        project = self.project
        for env in {*environments(project), project.file.env}:
            state = project.state_file(env)
            for file in (state, state.with_suffix(".lock"), *project.spending_files):
                for end in BESIDE:
                    name = self._relative(Path(f"{file}{end}"))
                    self.own[path_key(name)] = "a2c-spec keeps its records there"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for store in (self.stores or {}).values():
            store.close()

    def kept(self, path: str) -> str:
        """Why no result may be written at a path below the root: it is ours, or another environment has it."""
        if why := self.own.get(path_key(path)) or (protected(path) and "no result is written there"):
            return why
        return next((f"it is a result of {whose}; save it in another folder" for whose in self._keeping(path)), "")

    def let_go(self, path: str) -> list[tuple[OwnedFile, str]]:
        """The results that belong at a path below the root in other environments, and that no manifest asks for there
        any more; and whose they are."""
        return [(file, whose) for file, whose, kept in self._at(path) if not kept]

    def _keeping(self, path: str) -> Iterator[str]:
        return (whose for _, whose, kept in self._at(path) if kept)

    def _at(self, path: str) -> Iterator[tuple[OwnedFile, str, bool]]:
        """The results of other states at a path, whose they are, and whether these keep them."""
        for where, store in self._opened().items():
            for file in store.files_at(path):
                record = None if file.elsewhere else store.get(file.address)
                yield file, f"{address_of(file.address)} {where}", record is None or not record.gone_since

    def records(self) -> Iterator[JobRecord]:
        """What the other environments have recorded of the same service."""
        for store in self._opened().values():
            yield from store.scan()

    def used(self) -> Iterator[str]:
        """The other environments in which anything is recorded, in words."""
        found = self._opened()
        places = map(_in_words, environments(self.project))
        yield from (where for where in places if where in found and found[where].realms())

    def _opened(self) -> dict[str, SqliteStore]:
        if self.stores is None:
            self.stores = {}
            for env in environments(self.project):
                file = self.project.state_file(env)
                if env != self.project.file.env and file.is_file():
                    self.stores[_in_words(env)] = self._open(file)
            known = {self.project.state_file(), *(store.path for store in self.stores.values())}
            for file in noted_states(self.project.root):
                if not any(file.samefile(one) for one in known if one.exists()):
                    self.stores[f"in the state {self._relative(file)}"] = self._open(file)
        return self.stores

    def _open(self, file: Path) -> SqliteStore:
        store = SqliteStore(file, self.realm)
        store.realm = recorded_realm(self.realm, store.realms())
        return store

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.project.root).as_posix() if path.is_relative_to(self.project.root) else str(path)
