"""What converters share: where they write their products, how products are named, and the errors for inputs."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from a2c_spec.local_api.convert.contract import ConversionError, Product, Request, Source
from a2c_spec.local_api.convert.kinds import ALIASES, KINDS, Kind, content_type_of, identify


def place(request: Request, extension: str) -> Path:
    """The path of a new, empty file in the job's folder. Its name does not depend on the input."""
    handle, path = tempfile.mkstemp(suffix=f".{extension}", prefix="product-", dir=request.workdir)
    os.close(handle)
    return Path(path)


def folder(request: Request) -> Path:
    """The path of a new, empty folder in the job's folder."""
    return Path(tempfile.mkdtemp(prefix="work-", dir=request.workdir))


def base_name(name: str) -> str:
    """The last part of a name, without folders and control characters, at most 200 characters."""
    last = re.sub(r"[\x00-\x1f\x7f]", "", name.replace("\\", "/").rsplit("/", 1)[-1])
    return "" if last in (".", "..") else last[-200:]


def stem(source: Source) -> str:
    """The base name of an input without its extension."""
    name = base_name(source.filename)
    base, _, last = name.rpartition(".")
    double = base.rpartition(".")[2].lower() + "." + last.lower()
    if base and (double in KINDS or double in ALIASES):
        base = base.rpartition(".")[0]
    return (base if base.strip(".") else name).strip(". ")[:200] or "output"


def distinct_names(names: Iterable[str]) -> Iterator[str]:
    """The same names; a name that was there before, in any case, gets a number."""
    taken: set[str] = set()
    for name in names:
        path, distinct, number = Path(name), name, 1
        while distinct.lower() in taken:
            number += 1
            distinct = f"{path.stem}-{number}{path.suffix}"
        taken.add(distinct.lower())
        yield distinct


def product(path: Path, name: str, extension: str, sources: Iterable[Source], **metadata: Any) -> Product:
    """The product at ``path``, called ``name.extension``."""
    known = {key: value for key, value in metadata.items() if value is not None}
    ids = tuple(source.id for source in sources)
    return Product(path, f"{name}.{extension}", ids, content_type_of(extension), known)


def numbered(source: Source, index: int, total: int) -> str:
    """The name of one of ``total`` products of an input: the input's name, with a number when there are several."""
    return stem(source) if total == 1 else f"{stem(source)}-{index + 1:0{len(str(total))}d}"


def kind_of(source: Source) -> Kind:
    """The type of the input's file."""
    return identify(source.path, source.filename, source.content_type)


def unreadable(source: Source, reason: str) -> ConversionError:
    """The error for an input that cannot be used."""
    reason = reason.replace(str(source.path), "the file")
    return ConversionError(f"{source.filename}: {reason}", source="input", id_source=source.id)


@contextlib.contextmanager
def reading(source: Source, what: str) -> Iterator[None]:
    """Turn every error of a library in this block into the input's error, except errors of memory and disk limits."""
    try:
        yield
    except (ConversionError, MemoryError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in (errno.EFBIG, errno.ENOSPC):
            raise
        raise unreadable(source, f"not a readable {what} ({str(error)[:200]}).") from error


def unsupported(source: Source, target: str) -> ConversionError:
    """The error for an input whose type cannot be converted to the target."""
    kind = kind_of(source)
    return unreadable(source, f"a {kind.name or 'file of unknown type'} cannot be converted to {target} here.")
