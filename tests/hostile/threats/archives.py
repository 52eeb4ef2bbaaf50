"""Archives: bombs, names that climb out, links, lies about sizes, and what is none.

A user would notice files outside, a full disk, or a program that eats the memory, because of a zip by mail.
"""

from __future__ import annotations

import gzip
import io
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from hostile.case import Holds, hostile, judged, scaled
from hostile.packing import (
    Zeros,
    beside,
    central_entry,
    ended,
    local_entry,
    named,
    packed_zeros,
    plain_zip,
    tarred,
    zipped,
)
from hostile.threats.leaks import OUTSIDE, outside
from hostile.threats.secrets import TOKENS
from hostile.workshop import Workshop


def kept(*paths: str) -> Holds:
    """The report has evidence in each of these files: they were read in spite of all."""

    def holds(report: Mapping[str, Any]) -> Iterator[str]:
        cited = {item["path"] for check in report["checks"] for item in check["evidence"]}
        yield from (f"{path} was not read" for path in paths if path not in cited)

    return holds


def climbing(shop: Workshop) -> list[str]:
    """Names that would leave the folder that an archive is unpacked into."""
    up, can = "../" * 20, shop.canary
    return [
        up + can("relative").lstrip("/"),
        can("absolute"),
        f"a/{up}{can('middle').lstrip('/')}",
        "..\\" * 5 + "back.txt",
        "C:\\drive.txt",
        "C:drive.txt",
        f"//{can('network')}",
        f"x\0/{up}{can('nul').lstrip('/')}",
        "./../" * 3 + "dot",
        "..",
        ".",
        "/",
        "a/../../b.py",
        "a\\..\\..\\b.py",
        "\\\\server\\share\\x.py",
        "~/x.py",
        "a/./b/../../../x.py",
        "con",
        "a. ",
        "a.py.",
        "a:stream.py",
        "\u2024\u2024/x.py",
        "..%2fx.py",
        "\uff0e\uff0e/x.py",
        "e\u0301.py",
        "\u00e9.py",
        "\x1b]0;PWN\x07.py",
        "\r::error::PWN_GHA.py",
        "n" * 60_000,
    ]


@hostile(holds=judged("DAT001", "pass", "partial", "fail"))
def zip_plain(shop: Workshop) -> None:
    """A good zip with one top folder: the control."""
    with zipped(shop, "churn-main/"):
        pass


@hostile()
def tar_plain(shop: Workshop) -> None:
    """A good tar: the control."""
    with tarred(shop):
        pass


@hostile(ending="either")
def zip_names_that_climb(shop: Workshop) -> None:
    """Relative, absolute, with backslashes, drives, NULs, trailing dots; nothing outside may appear."""
    with zipped(shop) as archive:
        for name in climbing(shop):
            archive.writestr(named(name), "pwn")


@hostile(ending="either")
def tar_names_that_climb(shop: Workshop) -> None:
    """The same names in a tar."""
    with tarred(shop) as (_, add):
        for name in climbing(shop):
            add(name.replace("\0", "0"), b"pwn")


def linked(shop: Workshop) -> list[tuple[str, str]]:
    """Links that lead out, and names below them."""
    outside(shop)
    return [
        ("link", str(shop.canaries)),
        ("LICENSE", str(shop.folder / "outside/.env")),
        ("loop", "loop"),
        ("src/up", "../.."),
    ]


@hostile(ending="either", unsaid=(OUTSIDE,))
def zip_links(shop: Workshop) -> None:
    """A link to a folder outside and a file written through it; a link to a secret; devices by their mode."""
    with zipped(shop) as archive:
        for name, target in linked(shop):
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, target)
        archive.writestr("link/through", "pwn")
        for name, kind in (("pipe.py", stat.S_IFIFO), ("device.py", stat.S_IFCHR), ("socket.py", stat.S_IFSOCK)):
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, (kind | 0o4777) << 16
            archive.writestr(info, "x")


@hostile(ending="either", unsaid=(OUTSIDE,))
def tar_links(shop: Workshop) -> None:
    """Symbolic and hard links out, files through them, devices, pipes, contiguous and unknown kinds."""
    with tarred(shop) as (_, add):
        for name, target in linked(shop):
            add(name, type=tarfile.SYMTYPE, linkname=target)
            add(f"hard-{name}", type=tarfile.LNKTYPE, linkname=target)
        add("link/through", b"pwn")
        add("hard-link", type=tarfile.LNKTYPE, linkname=shop.canary("hard"))
        add("itself", type=tarfile.LNKTYPE, linkname="itself")
        for name, kind in (("pipe.py", tarfile.FIFOTYPE), ("char.py", tarfile.CHRTYPE), ("block.py", tarfile.BLKTYPE)):
            add(name, type=kind, devmajor=1, devminor=5)
        add("unknown.py", type=b"Z")


@hostile(ending="either", seconds=60)
def zip_bomb_overlapping(shop: Workshop) -> None:
    """Hundreds of entries over one and the same data: a hundred kilobytes that stand for gigabytes."""
    megabytes = scaled(40)
    data, checksum = packed_zeros(megabytes)
    body = local_entry(b"f000.py", data, megabytes << 20, checksum)
    rows = [central_entry(b"f%03d.py" % n, len(data), megabytes << 20, checksum, 0) for n in range(300)]
    beside(shop, "tree.zip", ended(body, b"".join(rows), 300))


@hostile(ending="either", seconds=60)
def zip_bomb_flat(shop: Workshop) -> None:
    """Two hundred entries of zeros, none of which overlaps, each below what one file may have."""
    data, checksum = packed_zeros(1)
    body, table = b"", b""
    for number in range(scaled(300)):
        name = b"src/z%d.py" % number
        table += central_entry(name, len(data), 1 << 20, checksum, len(body))
        body += local_entry(name, data, 1 << 20, checksum)
    beside(shop, "tree.zip", ended(body, table, scaled(300)))


@hostile(ending="either", seconds=60)
def zip_size_lie(shop: Workshop) -> None:
    """The table says ten bytes, the data becomes hundreds of megabytes."""
    data, _ = packed_zeros(scaled(256))
    checksum, name = zlib.crc32(b"0123456789"), b"README.md"
    body = local_entry(name, data, 10, checksum)
    beside(shop, "tree.zip", ended(body, central_entry(name, len(data), 10, checksum, 0), 1))


@hostile(ending="either")
def zip_wide_lies(shop: Workshop) -> None:
    """Fields of 64 bits that announce exabytes, offsets beyond the end, and more entries than there are."""
    wide = struct.pack("<HHQQQ", 1, 24, 1 << 62, 1 << 62, 1 << 62)
    row = central_entry(b"a.py", 0xFFFFFFFF, 0xFFFFFFFF, 0, 0xFFFFFFFF, extra=wide, method=0)
    far = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, 1 << 40, 1 << 40, 1 << 50, 1 << 60)
    locator = struct.pack("<IIQI", 0x07064B50, 0, len(row), 1)
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    beside(shop, "tree.zip", row + far + locator + end)


@hostile(ending="either", seconds=60, megabytes=900)
def zip_many_entries(shop: Workshop) -> None:
    """Tens of thousands of empty files."""
    with zipped(shop) as archive:
        for number in range(scaled(10_000)):
            archive.writestr(zipfile.ZipInfo(f"d{number % 100}/f{number}.py"), "")


@hostile(ending="either")
def zip_of_zips(shop: Workshop) -> None:
    """A zip in a zip in a zip, twelve deep and four wide; and one that holds itself by name."""
    inner = plain_zip()
    for level in range(12):
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(4):
                archive.writestr(f"inner{number}.zip", inner if level < 4 or number == 0 else b"x")
        inner = made.getvalue()
    beside(shop, "tree.zip", inner)


@hostile(ending="either")
def zip_odd_entries(shop: Workshop) -> None:
    """Encrypted entries, unknown methods, names that are no text, comments of 64 kilobytes, data before and after."""
    body, table = b"", b""
    for name, flags, method in (
        (b"enc.py", 1, 0),
        (b"odd.py", 0, 99),
        (b"strong.py", 0x2041, 0),
        (b"\xff\xfe.py", 0x800, 0),
        (b"lz.py", 0, 14),
    ):
        table += central_entry(name, 5, 5, 0, len(body) + 1000, flags=flags, method=method)
        body += local_entry(name, b"x = 1", 5, 0, flags=flags, method=method)
    beside(shop, "tree.zip", b"\0" * 1000 + ended(body, table, 5, comment=b"PK\5\6" * 16_000))


@hostile(ending="either")
def zip_duplicates(shop: Workshop) -> None:
    """The same name many times, and names that differ in case, form or slashes only: which one was read is said."""
    with zipped(shop) as archive:
        for number in range(300):
            archive.NameToInfo.clear()  # else it warns, and cases are built in threads
            archive.writestr("src/churn/train.py", f"x = {number}\n")
        for name in (
            "README.md",
            "Readme.MD",
            "./README.md",
            "src//a.py",
            "src/a.py/",
            "src/a.py",
            "src/a.py/b.py",
            "SRC/a.py",
        ):
            archive.writestr(named(name), "# Other\n")


@hostile()
def zip_with_git(shop: Workshop) -> None:
    """A hostile `.git` inside: hooks, drivers and settings are not used."""
    from hostile.threats.git_config import DRIVERS

    shop.project(**{".gitattributes": "* filter=any\n"}).committed(2)
    shop.configure(DRIVERS.format(spy=f'"{shop.touch("in-a-zip")} #"'))
    with zipfile.ZipFile(shop.folder / "tree.zip", "w") as archive:
        for folder, _, names in os.walk(shop.tree):
            for name in names:
                path = os.path.join(folder, name)
                archive.write(path, os.path.join("churn", os.path.relpath(path, shop.tree)))
    shop.target = str(shop.folder / "tree.zip")


@hostile(unsaid=(TOKENS["aws id"], TOKENS["github"]))
def zip_with_secrets(shop: Workshop) -> None:
    """Credentials inside an archive are masked like others."""
    with zipped(shop, "churn/") as archive:
        archive.writestr("churn/src/churn/keys.py", f'A = "{TOKENS["aws id"]}"\nB = "{TOKENS["github"]}"\n')


def zip_cut() -> bytes:
    """A zip that ends in the middle."""
    return (plain_zip() + os.urandom(50_000))[:3000]


UNUSABLE = {
    "truncated.zip": zip_cut(),
    "garbage.zip": b"\x00\x01garbage" * 100,
    "empty.zip": b"",
    "page.zip": b"<!DOCTYPE html><html>404</html>",
    "other.rar": b"Rar!\x1a\x07\x01\x00" + b"x" * 100,
    "other.7z": b"7z\xbc\xaf\x27\x1c" + b"x" * 100,
    "half.tar.gz": gzip.compress(b"x" * 5000)[:40],
    "garbage.tar": b"garbage" * 1000,
    "empty.tar.gz": b"",
    "broken.tar.xz": b"\xfd7zXZ\x00" + b"x" * 100,
    "broken.tar.bz2": b"BZh9" + b"x" * 100,
    "program.zip": b"\x7fELF" + b"\0" * 1000,
    "picture.tar": b"\x89PNG\r\n\x1a\n" + b"\0" * 2000,
    "only.gz": gzip.compress(b"x = 1\n"),
}


def register(name: str, data: bytes) -> None:
    """One file that is no archive as a case."""

    def build(shop: Workshop) -> None:
        beside(shop, name, data)

    build.__module__ = __name__
    story = f"What is called an archive is none ({name}): one clear sentence."
    hostile(name=f"archive-{name.replace('.', '-')}", story=story, ending="refused", seconds=20)(build)


for _name, _data in UNUSABLE.items():
    register(_name, _data)


@hostile(ending="either", seconds=60)
def tar_bomb(shop: Workshop) -> None:
    """A gigabyte of zeros as data and as a source file."""
    with tarred(shop) as (archive, _):
        for name in ("data/big.csv", "src/big.py"):
            info = tarfile.TarInfo(name)
            info.size = scaled(1 << 29)
            archive.addfile(info, Zeros())


@hostile(ending="either", seconds=60)
def tar_bombs_of_other_packers(shop: Workshop) -> None:
    """The same by xz, which packs ten times tighter."""
    with tarred(shop, "tree.tar.xz", "w:xz") as (archive, _):
        info = tarfile.TarInfo("src/big.py")
        info.size = scaled(1 << 28)
        archive.addfile(info, Zeros())


@hostile(ending="either")
def tar_gzip_chain(shop: Workshop) -> None:
    """A tar in gzip in gzip, many times; and a gzip of a thousand members and trailing garbage."""
    data = b"x = 1\n" * 100
    for _ in range(200):
        data = gzip.compress(data)
    beside(shop, "tree.tar.gz", data + gzip.compress(b"") * 1000 + b"garbage")


@hostile(ending="either")
def tar_odd_heads(shop: Workshop) -> None:
    """Extended heads of megabytes, times before and after all times, empty names, long names."""
    with tarred(shop) as (_, add):
        add("pax.py", b"x", pax_headers={"comment": "A" * 1_000_000, "path": "px" * 3000 + ".py"})
        add("negative.py", b"x", mtime=-1)
        add("late.py", b"x", mtime=1 << 60)
        add("n" * 3000, b"x")
        add("folder/", type=tarfile.DIRTYPE, mode=0)
        add("folder/x.py", b"x", uid=1 << 40, uname="\x1b[31mPWN")


def header(name: bytes, size: bytes, kind: bytes) -> bytes:
    """A head of a tar with a size as it is given, and a right checksum."""
    block = bytearray(
        name.ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2 + size.ljust(12, b"\0") + b"0" * 11 + b"\0" + b" " * 8
    )
    block += (kind + b"\0" * 100 + b"ustar\x0000").ljust(356, b"\0")
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


@hostile(ending="either", seconds=30)
def tar_sizes_that_lie(shop: Workshop) -> None:
    """Heads that announce gigabytes of extended head, of long name, of sparse map; negative and endless sizes."""
    huge, negative = b"\x80" + (1 << 40).to_bytes(11, "big"), b"\xff" * 12
    for kind in (b"x", b"g", b"L", b"K", b"S", b"0"):
        data = header(b"a.py", b"77777777777", kind) + header(b"b.py", huge, kind) + header(b"c.py", negative, kind)
        (shop.tree / f"{kind.decode()}.tar").write_bytes(data + b"\0" * 10_240)
    every = b"".join(
        header(b"d%d.py" % n, huge if n % 2 else negative, kind)
        for n, kind in enumerate((b"x", b"L", b"S", b"g", b"0"))
    )
    beside(shop, "tree.tar", header(b"first.py", b"0", b"0") + every)


def told_by_pax(key: bytes, value: bytes) -> bytes:
    """An extended head with one record."""
    body = b" " + key + b"=" + value + b"\n"
    length = next(n for n in range(len(body), len(body) + 9) if len(str(n)) + len(body) == n)
    return header(b"pax", b"%011o" % length, b"x") + (str(length).encode() + body).ljust(512, b"\0")


@hostile(holds=kept("src/churn/train.py"))
def tar_extended_heads_that_lie(shop: Workshop) -> None:
    """Extended heads with sizes beyond all files and below none, names that climb, maps of holes: what was before stands."""
    lies = ((b"size", b"-5"), (b"path", b"../up.py"), (b"path", b"\xff\n\x1b[31m.py"))
    more = ((b"path", b""), (b"GNU.sparse.realsize", b"9" * 15), (b"linkpath", b"/etc/passwd"), (b"size", b"9" * 15))
    with tarred(shop, "tree.tar", "w"):
        pass
    whole = (shop.folder / "tree.tar").read_bytes().rstrip(b"\0")
    made = b"".join(told_by_pax(*lie) + header(b"a%d.py" % n, b"0", b"0") for n, lie in enumerate((*lies, *more)))
    beside(shop, "tree.tar", whole + b"\0" * (-len(whole) % 512) + made)


@hostile(ending="either", seconds=30)
def tar_packed_head_of_a_gigabyte(shop: Workshop) -> None:
    """An extended head that really has hundreds of megabytes, packed to nothing."""
    size = scaled(1 << 28)
    with gzip.open(shop.folder / "tree.tar.gz", "wb", compresslevel=1) as stream:
        stream.write(header(b"a.py", b"%011o" % size, b"x"))
        for _ in range(size >> 20):
            stream.write(b"\0" * (1 << 20))
        stream.write(header(b"b.py", b"0", b"0"))
    shop.target = str(shop.folder / "tree.tar.gz")


@hostile(ending="either", seconds=60)
def tar_many_entries(shop: Workshop) -> None:
    """Tens of thousands of empty files and folders, each name many times."""
    with tarred(shop) as (_, add):
        for number in range(scaled(8_000)):
            add(f"d{number % 100}/f{number % 5000}.py")
