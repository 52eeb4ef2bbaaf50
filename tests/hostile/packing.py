"""Archives by hand: what the standard library refuses to write."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hostile.workshop import PROJECT, Workshop

LOCAL, CENTRAL, END = 0x04034B50, 0x02014B50, 0x06054B50


def packed_zeros(megabytes: int) -> tuple[bytes, int]:
    """Deflated zeros and their checksum."""
    packer, piece, checksum = zlib.compressobj(9, zlib.DEFLATED, -15), b"\0" * (1 << 20), 0
    packed = []
    for _ in range(megabytes):
        packed.append(packer.compress(piece))
        checksum = zlib.crc32(piece, checksum)
    return b"".join([*packed, packer.flush()]), checksum


def local_entry(name: bytes, data: bytes, size: int, checksum: int, *, flags: int = 0, method: int = 8) -> bytes:
    """A file in a zip: its head and its data."""
    head = struct.pack("<IHHHHHIIIHH", LOCAL, 20, flags, method, 0, 0x21, checksum, len(data), size, len(name), 0)
    return head + name + data


def central_entry(
    name: bytes, packed: int, size: int, checksum: int, at: int, *, flags: int = 0, method: int = 8, extra: bytes = b""
) -> bytes:
    """A row of a zip's table of contents."""
    sizes = (checksum, packed, size, len(name), len(extra), 0, 0, 0, 0, at)
    return struct.pack("<IHHHHHHIIIHHHHHII", CENTRAL, 20, 20, flags, method, 0, 0x21, *sizes) + name + extra


def ended(body: bytes, table: bytes, entries: int, *, comment: bytes = b"") -> bytes:
    """A zip of a body and a table of contents; more entries than fit are announced as 65535."""
    count = min(entries, 0xFFFF)
    end = struct.pack("<IHHHHIIH", END, 0, 0, count, count, len(table), len(body), len(comment))
    return body + table + end + comment


@contextmanager
def zipped(shop: Workshop, folder: str = "", name: str = "tree.zip") -> Iterator[zipfile.ZipFile]:
    """A zip beside the tree that holds a project, open for more; it becomes the target."""
    shop.target = str(shop.folder / name)
    with zipfile.ZipFile(shop.target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in PROJECT.items():
            archive.writestr(folder + path, text)
        yield archive


def plain_zip() -> bytes:
    """A zip that holds a project."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path, text in PROJECT.items():
            archive.writestr(path, text)
    return made.getvalue()


def named(name: str) -> zipfile.ZipInfo:
    """An entry with exactly this name: the library would mend it."""
    info = zipfile.ZipInfo("placeholder")
    info.filename = name
    return info


Adder = Callable[..., None]


@contextmanager
def tarred(shop: Workshop, name: str = "tree.tar.gz", mode: str = "w:gz") -> Iterator[tuple[tarfile.TarFile, Adder]]:
    """A tar beside the tree that holds a project, open for more; it becomes the target."""
    shop.target = str(shop.folder / name)
    with tarfile.open(shop.target, mode) as archive:  # type: ignore[call-overload]

        def add(path: str, data: bytes = b"", **fields: object) -> None:
            info = tarfile.TarInfo(path)
            info.size = len(data)
            for key, value in fields.items():
                setattr(info, key, value)
            archive.addfile(info, io.BytesIO(data))

        for path, text in PROJECT.items():
            add(path, text.encode())
        yield archive, add


class Zeros(io.RawIOBase):
    """A file of nothing but zeros."""

    def read(self, size: int = -1) -> bytes:
        """As many zeros as are asked for."""
        return b"\0" * size


def beside(shop: Workshop, name: str, data: bytes) -> Path:
    """A file beside the tree, which becomes the target."""
    place = shop.folder / name
    place.write_bytes(data)
    shop.target = str(place)
    return place
