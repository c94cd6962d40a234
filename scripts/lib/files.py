"""Files that are either whole or absent, and errors that name them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import lzma
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class InputError(Exception):
    """Bad input. The message names the file, the field and the fix; ``main`` prints it alone."""


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; rename it over ``path`` if the block succeeds.

    On any error, a full disk included, the temporary file is removed and ``path`` is untouched.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{path}: its folder cannot be made ({error.strerror})") from error
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield temporary
        with temporary.open("rb") as handle:
            os.fsync(handle.fileno())
        temporary.replace(path)
    except OSError as error:
        raise InputError(
            f"{path}: could not be written ({error.strerror}); nothing was changed"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write JSON with sorted keys, so that the same value gives the same bytes."""
    write_text(path, json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def content(path: Path) -> bytes:
    """What a file holds; of one that ends in ``.xz``, what is packed in it."""
    held = path.read_bytes()
    if path.suffix != ".xz":
        return held
    try:
        return lzma.decompress(held)
    except lzma.LZMAError as error:
        raise InputError(f"{path}: not a whole xz file ({error}); restore it") from error


def read_json(path: Path) -> Any:
    """Read JSON, packed or not; InputError names the file and the place."""
    try:
        return json.loads(content(path))
    except OSError as error:
        raise unreadable(path, error) from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits is the former
        raise InputError(f"{path}: not valid JSON ({error})") from error


def read_object(path: Path, *keys: str) -> dict[str, Any]:
    """A JSON object that has ``keys``; InputError names those that it lacks."""
    value = read_json(path)
    if not isinstance(value, dict):
        raise InputError(f"{path}: holds no JSON object; make it again")
    lacking = [key for key in keys if key not in value]
    if lacking:
        raise InputError(f"{path}: lacks {', '.join(lacking)}; make it again")
    return value


def unreadable(path: Path, error: OSError) -> InputError:
    """The error for a file that is not there, is a folder, or may not be read."""
    if isinstance(error, FileNotFoundError):
        return InputError(f"{path}: not found")
    if isinstance(error, IsADirectoryError):
        return InputError(f"{path}: is a folder; name the file")
    return InputError(f"{path}: cannot be opened ({error.strerror})")


def need_folder(path: Path) -> None:
    """InputError unless files can be put into the folder ``path``, which need not be there yet.

    Asked before work that takes long, so that its end is not lost.
    """
    there = next(one for one in (path, *path.absolute().parents) if one.exists())
    if not there.is_dir():
        raise InputError(f"{path}: {there} is no folder; name another one")
    if not os.access(there, os.W_OK | os.X_OK):
        raise InputError(f"{path}: {there} cannot be written to; name another folder")


def read_yaml(path: Path) -> Any:
    """Read YAML; InputError names the file and the place."""
    import yaml  # noqa: PLC0415 - a GPU machine reads none and need not have the package

    try:
        loader = yaml.SafeLoader(path.read_text(encoding="utf-8"))
        root = loader.get_single_node()
        for line, name in _twice(root):
            raise InputError(f"{path}: line {line}: {name!r} stands there twice; remove one")
        return None if root is None else loader.construct_document(root)
    except OSError as error:
        raise unreadable(path, error) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: such as 2026-13-01
        raise InputError(f"{path}: not valid YAML ({error})") from error


def _twice(root: Any) -> Iterator[tuple[int, str]]:
    """Line and name of each key that a mapping of YAML has twice: all but the last would be lost.

    ``root``: the document as the parser composes it, or None.
    """
    rest, seen = [root] if root is not None else [], set()
    while rest:
        node = rest.pop()
        if id(node) in seen or isinstance(node.value, str):
            continue
        seen.add(id(node))
        if node.id == "sequence":
            rest += node.value
            continue
        names = [key.value for key, _ in node.value if isinstance(key.value, str)]
        for key, below in node.value:
            if isinstance(key.value, str) and names.count(key.value) > 1:
                yield key.start_mark.line + 1, key.value
            rest.append(below)


def sha256(path: Path) -> str:
    """Hex digest of a file's content."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
