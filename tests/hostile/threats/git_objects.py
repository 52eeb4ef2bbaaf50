"""Repositories that are damaged, odd or made to explode: objects, references, trees, histories.

A user would notice an audit that hangs, eats the memory, or ends in a traceback from the depths of git.
"""

from __future__ import annotations

import hashlib
import os
import struct
import zlib

from hostile.case import hostile, scaled
from hostile.workshop import Workshop

ZEROS = b"\0" * (1 << 24)


@hostile(ending="either")
def git_bare(shop: Workshop) -> None:
    """The target is a bare repository."""
    shop.project().committed(3)
    shop.git("clone", "--quiet", "--bare", str(shop.tree), str(shop.folder / "bare.git"))
    shop.target = str(shop.folder / "bare.git")


@hostile()
def git_worktree(shop: Workshop) -> None:
    """The target is a linked working tree: its `.git` is a file that leads elsewhere."""
    shop.project().committed(3)
    shop.git("worktree", "add", "--quiet", "linked", "-b", "side")
    shop.target = str(shop.tree / "linked")


@hostile()
def git_corrupt(shop: Workshop) -> None:
    """Broken objects, references in a circle, a broken index, alternates to `/`, grafts."""
    shop.project().committed(3)
    refused = b"\xff\xff no reference\n" + b"0" * 40 + b" refs/heads/\x1b[31mPWN\n"
    shop.files(
        {
            ".git/refs/heads/loop": "ref: refs/heads/back\n",
            ".git/refs/heads/back": "ref: refs/heads/loop\n",
            ".git/packed-refs": refused,
            ".git/index": b"DIRC\0\0\0\x02\xff\xff\xff\xff",
            ".git/objects/info/alternates": "/\n/proc/self\n../../../../../\n",
            ".git/info/grafts": "zz\n",
        }
    )
    objects = sorted(path for path in (shop.tree / ".git/objects").rglob("*") if len(path.name) == 38)
    for path in objects[::2]:
        path.chmod(0o644)
        path.write_bytes(b"\x78\x9c\xff\xff")


@hostile()
def git_head_in_a_circle(shop: Workshop) -> None:
    """HEAD leads to a reference that leads back, through names that climb out of the repository."""
    shop.project().committed()
    shop.files(
        {
            ".git/HEAD": "ref: refs/heads/a\n",
            ".git/refs/heads/a": "ref: ../../../../../../etc/passwd\n",
            ".git/refs/heads/b": "ref: HEAD\n",
        }
    )


@hostile()
def git_head_of_a_gigabyte(shop: Workshop) -> None:
    """HEAD and packed-refs are sparse files of a gigabyte."""
    shop.project().committed()
    for name in ("HEAD", "packed-refs"):
        shop.write(f".git/{name}", "ref: refs/heads/main")
        os.truncate(shop.tree / ".git" / name, 1 << 30)


@hostile()
def git_head_is_a_pipe(shop: Workshop) -> None:
    """HEAD, the index, a reference and packed-refs are pipes: opening one waits for ever."""
    shop.project().committed()
    for name in ("HEAD", "index", "packed-refs", "refs/heads/main", "objects/info/alternates", "shallow", "config"):
        path = shop.tree / ".git" / name
        path.unlink(missing_ok=True)
        os.mkfifo(path)


@hostile()
def git_named_like_options(shop: Workshop) -> None:
    """Branches that are named like options of git, with HEAD on one of them."""
    shop.project().committed()
    commit = shop.git("rev-parse", "HEAD")
    for name in (f"--output={shop.canary('output')}", "--exec=x", "-O", "--upload-pack=x"):
        shop.write(f".git/refs/heads/{name.replace('/', '_')}", f"{commit}\n")
    shop.write(".git/HEAD", f"ref: refs/heads/--output={shop.canary('head').replace('/', '_')}\n")
    shop.write(".git/packed-refs", f"{commit} refs/heads/--output={shop.canary('packed')}\n")


@hostile()
def git_references_with_escapes(shop: Workshop) -> None:
    """A branch name that holds terminal escapes and a workflow command, packed and loose, with HEAD on it."""
    shop.project().committed()
    commit = shop.git("rev-parse", "HEAD")
    name = "refs/heads/\x1b]0;PWN\x07\r::error::PWN_GHA"
    shop.files({".git/HEAD": f"ref: {name}\n", ".git/packed-refs": f"{commit} {name}\n"})


@hostile()
def git_objects_are_links(shop: Workshop) -> None:
    """The objects, the references and HEAD are links out of the tree."""
    shop.project().committed(2)
    other = shop.folder / "other"
    (shop.tree / ".git/objects").rename(other)
    (shop.tree / ".git/objects").symlink_to(other)
    (shop.tree / ".git/HEAD").unlink()
    (shop.tree / ".git/HEAD").symlink_to("/etc/passwd")


@hostile()
def git_shallow_grafted_replaced(shop: Workshop) -> None:
    """Replaced objects, grafts and a list of shallow commits with a hundred thousand rows."""
    shop.project().committed(3)
    commits = shop.git("rev-list", "HEAD").split()
    shop.write(f".git/refs/replace/{commits[0]}", f"{commits[0]}\n")
    shop.write(".git/info/grafts", f"{commits[2]} {commits[0]}\n")
    shop.write(".git/shallow", "".join(f"{n:040x}\n" for n in range(100_000)))


@hostile(seconds=60, megabytes=900)
def git_tree_bomb(shop: Workshop) -> None:
    """Ten levels of ten entries each: 10^10 paths in a handful of objects."""
    shop.project().committed()
    entry, kind = shop.git("hash-object", "-w", "--stdin", data=b"x"), "100644 blob"
    for _ in range(10):
        rows = "".join(f"{kind} {entry}\tf{n}\n" for n in range(10))
        entry, kind = shop.git("mktree", data=rows.encode()), "040000 tree"
    shop.git("update-ref", "HEAD", shop.git("commit-tree", entry, "-m", "Many"))


@hostile(ending="either", seconds=60, megabytes=900)
def git_bare_tree_bomb(shop: Workshop) -> None:
    """The same in a bare repository, where the files can only come from the tree."""
    git_tree_bomb(shop)
    (shop.tree / ".git").rename(shop.folder / "bare.git")
    shop.target = str(shop.folder / "bare.git")
    shop.git("config", "core.bare", "true", at=shop.folder / "bare.git")


def loose(shop: Workshop, content_bytes: int) -> str:
    """Store a blob of zeros without holding it; returns its name."""
    count = content_bytes // len(ZEROS)
    head = f"blob {count * len(ZEROS)}\0".encode()
    digest, packer = hashlib.sha1(head), zlib.compressobj(1)
    packed = [packer.compress(head)]
    for _ in range(count):
        digest.update(ZEROS)
        packed.append(packer.compress(ZEROS))
    name = digest.hexdigest()
    shop.write(f".git/objects/{name[:2]}/{name[2:]}", b"".join([*packed, packer.flush()]))
    return name


@hostile(seconds=60, megabytes=900)
def git_blob_bomb(shop: Workshop) -> None:
    """A blob of zeros, tiny when packed, named like a source file."""
    shop.project().committed()
    shop.git("update-index", "--add", "--cacheinfo", f"100644,{loose(shop, scaled(1 << 28))},src/zeros.py")
    shop.git("commit", "--quiet", "--message", "Zeros")


@hostile(ending="either", seconds=60, megabytes=900)
def git_bare_blob_bomb(shop: Workshop) -> None:
    """The same in a bare repository, where the blob is what has to be read."""
    git_blob_bomb(shop)
    (shop.tree / ".git").rename(shop.folder / "bare.git")
    shop.target = str(shop.folder / "bare.git")
    shop.git("config", "core.bare", "true", at=shop.folder / "bare.git")


@hostile(ending="either")
def git_bare_with_drivers(shop: Workshop) -> None:
    """A bare repository whose configuration, hooks and attributes name commands; paths climb out of the tree."""
    shop.project().committed(2)
    blob = shop.git("hash-object", "-w", "--stdin", data=b"x = 1\n")
    shop.write("rows", "")
    rows = f"100644 blob {blob}\t-rf\n120000 blob {blob}\tlink.py\n100644 blob {blob}\ta\\\\b.py\n"
    shop.git("update-ref", "HEAD", shop.git("commit-tree", shop.git("mktree", data=rows.encode()), "-m", "Odd"))
    shop.configure(
        f"[core]\n\tbare = true\n\tfsmonitor = {shop.spy('bare-driver')}\n\tpager = {shop.spy('bare-pager')}\n"
    )
    (shop.tree / ".git").rename(shop.folder / "bare.git")
    shop.target = str(shop.folder / "bare.git")


@hostile(seconds=60, megabytes=900)
def git_many_commits(shop: Workshop) -> None:
    """A long history with clocks that jump to the year 2100 and back, and odd time zones."""
    shop.project().committed()
    rows = (
        f"commit refs/heads/main\nmark :{n}\ncommitter a{n % 50} <a@b> {1_700_000_000 + n if n % 7 else 4_102_444_800} "
        f"{'+0000' if n % 3 else '-1234'}\ndata 2\nx\nM 644 inline f{n % 10}.txt\ndata 1\nx\n"
        for n in range(1, scaled(5000))
    )
    shop.git("fast-import", "--quiet", "--force", data="".join(rows).encode())


@hostile(unsaid=("\x1b]0;PWN",))
def git_commit_messages(shop: Workshop) -> None:
    """Commit messages and authors with escapes, a megabyte of text, bytes that are no text, and NULs."""
    shop.project().committed()
    tree = shop.git("rev-parse", "HEAD^{tree}")
    people = "author {0} <{0}> 99999999999999999999 +9999\ncommitter {0} <{0}> -5 -9999\n".format("\x1b]0;PWN\x07\r")
    message = b"\x1b]0;PWN\x07 ::error::PWN_GHA \xff\xfe\r\n" + b"A" * 1_000_000
    raw = f"tree {tree}\nencoding \x1b[31m\n{people}\n".encode() + message
    made = shop.git("hash-object", "-t", "commit", "-w", "--stdin", "--literally", data=raw)
    shop.write(".git/refs/heads/main", f"{made}\n")


@hostile()
def git_index_lies(shop: Workshop) -> None:
    """An index that announces four billion entries, and one whose names reach over its end."""
    shop.project().committed()
    good = (shop.tree / ".git/index").read_bytes()
    shop.write(".git/index", good[:8] + b"\xff\xff\xff\xff" + good[12:])


@hostile(megabytes=300)
def git_index_of_names_that_grow(shop: Workshop) -> None:
    """An index in which each name is the one before and a letter more: gigabytes of names in four megabytes."""
    shop.project().committed()
    many = scaled(60_000)
    entry = bytes(24) + struct.pack(">I", 0o100644) + bytes(12) + b"\1" * 20 + struct.pack(">H", 0xFFF) + b"\0a\0"
    body = b"DIRC" + struct.pack(">II", 4, many) + entry * many
    shop.write(".git/index", body + hashlib.sha1(body).digest())
