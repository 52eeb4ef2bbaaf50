"""Real files, and small wounds for them: what the property tests and the long runs in benchmarks/fuzz share."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from readykit import examples

ROOT = Path(__file__).parents[1]
MAX_BYTES = 20_000
PIECES = (
    b"\0",
    b"\xff",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\r",
    b"\x0c",
    b"\x1a",
    b"\x85",
    b"\xe2\x80\xa8",
    b"\xe2\x80\xae",
    b"(" * 300,
    b"[" * 300,
    b"{" * 300,
    b"- " * 300,
    b"a." * 300,
    b"&a [*a]",
    b"<<: *a",
    b"'''",
    b'"""',
    b"\\\n",
    b"\t",
    b"9" * 5000,
    b"1e999",
    b"NaN",
    b"%s{0.__class__}",
    b"{{ x }}",
    b"{% if %}",
    b"!!python/x",
    b"\\ud800",
    b"\\N{",
    b"<<EOF\n",
    b"$((",
    b"`",
    b"|",
    b"# kit: ignore[",
    b"# coding: rot13\n",
    b"-r x\n",
    b"```",
    b"<!--",
    b"f'{",
    b"lambda:" * 50,
    b"async ",
    b"\n" * 300,
    b" " * 2000,
    b"\xe2\x80",
    b"\x1b]0;",
    b";",
    b"%",
    b"=" * 300,
)
"""Pieces at which readers stumble."""
WOUNDS = ("cut", "truncate", "duplicate", "repeat", "swap", "flip", "insert", "replace", "reverse", "indent")


def wounded(data: bytes, wound: str, place: float, size: float, other: bytes) -> bytes:
    """Data with one wound.

    Args:
        data: a file.
        wound: one of `WOUNDS`.
        place: where, from 0 at the beginning to 1 at the end.
        size: how much, as a part of all.
        other: what is put in by the wounds that put something in.
    """
    at = int(len(data) * place)
    before, part, after = data[:at], data[at : at + int(len(data) * size)], data[at + int(len(data) * size) :]
    return {
        "cut": before + after,
        "truncate": before,
        "duplicate": before + part * 2 + after,
        "repeat": before + part[:40] * 200 + after,
        "swap": part + before + after,
        "flip": before + bytes(255 - byte for byte in data[at : at + 1]) + data[at + 1 :],
        "insert": before + other + part + after,
        "replace": before + other + after,
        "reverse": before + part[::-1] + after,
        "indent": before + part.replace(b"\n", b"\n ") + after,
    }[wound]


@cache
def real_files() -> tuple[tuple[str, bytes], ...]:
    """Paths and bytes of real files of every kind: the template's, and those of the checks' examples."""
    found: dict[str, bytes] = {}
    for path in sorted((ROOT / "template").rglob("*")):
        if path.is_file() and path.name != "uv.lock.jinja":
            found[path.relative_to(ROOT / "template").as_posix()] = path.read_bytes()
    for table in sorted((ROOT / "checks" / "examples").glob("*.txt")):
        parts = examples.HEADER.split(table.read_text(encoding="utf-8"))
        for body in parts[3::3]:
            for path, text in zip(*(iter(examples.FILE.split(body)[1:]),) * 2, strict=True):
                found.setdefault(path, text.lstrip("\n").encode())
    return tuple((path, data) for path, data in found.items() if 0 < len(data) <= MAX_BYTES)
