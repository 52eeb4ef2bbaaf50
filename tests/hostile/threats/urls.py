"""Location strings: addresses that are options, commands, other protocols or secrets.

A user would notice a program that started from a pasted address, or a password in a log.
"""

from __future__ import annotations

import os

from hostile.case import hostile
from hostile.workshop import Workshop

PASSWORD = "hunter2" + "CorrectHorseBattery9"
ADDRESSES = {
    "upload-pack": "--upload-pack={touch}",
    "short-option": "-u{touch}",
    "helper-protocol": "ext::sh -c touch% {canary}",
    "any-helper": "evilhelper::{canary}",
    "descriptor-protocol": "fd::17/foo",
    "ssh-proxy": "ssh://-oProxyCommand=touch%20{canary}/x",
    "scp-proxy": "-oProxyCommand={touch}:x",
    "scp-like": "git@127.0.0.1:x/y.git",
    "config-option": "--config-env=core.sshCommand=X",
    "shell-after": "https://127.0.0.1:1/x;{touch}",
    "shell-inside": "$({touch})",
    "escaped-nul": "a%00b",
    "file-protocol": "file:///dev/zero",
    "git-protocol": "git://127.0.0.1:{port}/x.git",
    "plain-http": "http://127.0.0.1:{port}/x.git",
    "ftp": "ftp://127.0.0.1:{port}/x.tar.gz",
    "very-long": "https://127.0.0.1:1/{long}",
    "terminal-escape": "https://127.0.0.1:1/\x1b]0;PWN\x07",
    "carriage-return": "https://127.0.0.1:1/\rPWN_CR",
    "new-line": "https://127.0.0.1:1/x\n::error::PWN_GHA",
    "bidi": "https://127.0.0.1:1/\u202egnp.x",
    "other-slashes": "https:\\\\127.0.0.1\\x",
    "no-host": "https:///x.git",
    "host-is-option": "https://-oProxyCommand=x/y",
    "bad-port": "https://127.0.0.1:99999999/x.git",
    "full-width": "https\uff1a//127.0.0.1/x.git",
    "ref-is-option": "https://127.0.0.1:1/x.git@--upload-pack={touch}",
    "folder-climbs": "https://127.0.0.1:1/x.git#../../../../etc",
    "surrogate": "https://127.0.0.1:1/\udcff",
    "empty": "",
    "only-a-dash": "-",
}


def register(name: str, text: str) -> None:
    """One address as a case."""

    def build(shop: Workshop) -> None:
        words = {"canary": shop.canary("ran"), "touch": shop.touch("ran"), "port": shop.port, "long": "a" * 100_000}
        shop.target = text.format(**words)

    build.__module__ = __name__
    story = f"An address that is none ({name}): refused in a sentence, nothing runs, nobody is asked."
    hostile(name=f"url-{name}", story=story, ending="refused", seconds=20)(build)


for _name, _text in ADDRESSES.items():
    register(_name, _text)


@hostile(ending="refused", unsaid=(PASSWORD,), seconds=20)
def url_password(shop: Workshop) -> None:
    """A password in an address is refused and not repeated."""
    shop.target = f"https://user:{PASSWORD}@127.0.0.1:1/x.git"


@hostile(ending="refused", unsaid=(PASSWORD,), seconds=20)
def url_token(shop: Workshop) -> None:
    """The same for a token as the user's name, and one in the query."""
    shop.target = f"https://{PASSWORD}@127.0.0.1:1/x.git?token={PASSWORD}"


@hostile(ending="refused", seconds=20)
def target_missing(shop: Workshop) -> None:
    """The path is not there."""
    shop.target = str(shop.folder / "nothing")


@hostile(ending="refused", seconds=20)
def target_below_a_file(shop: Workshop) -> None:
    """The path goes through a file, and is longer than a path can be."""
    shop.write("a.py")
    shop.target = str(shop.tree / "a.py" / "b" / ("c" * 5000))


@hostile(ending="refused", seconds=20)
def target_is_a_pipe(shop: Workshop) -> None:
    """A pipe that is called like an archive: opening it would wait for ever."""
    os.mkfifo(shop.folder / "tree.zip")
    shop.target = str(shop.folder / "tree.zip")


@hostile(ending="refused", seconds=20)
def target_is_a_device(shop: Workshop) -> None:
    """A device, by a link that is called like an archive."""
    (shop.folder / "tree.tar.gz").symlink_to("/dev/zero")
    shop.target = str(shop.folder / "tree.tar.gz")


@hostile(ending="refused", seconds=20)
def target_links_to_itself(shop: Workshop) -> None:
    """A link that leads to itself."""
    (shop.folder / "loop").symlink_to("loop")
    shop.target = str(shop.folder / "loop")
