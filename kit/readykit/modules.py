"""Which file of a tree a Python import or a path in a command means."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from readykit.facts.templates import is_template, rendered_path
from readykit.once import Answers

CODE_FILE = re.compile(r"^[^\s*{}<>|]+\.(py|ipynb|sh|R|r|Rmd|rmd|qmd|scala)$")
"""A word that is a path of code."""
SOURCES = ("src", "lib", "app", "code", "python")
"""Folders whose modules are seen from outside as if they stood beside them."""
CODE_ENDS = (".py", ".ipynb", ".sh", ".R", ".r", ".Rmd", ".rmd", ".qmd", ".scala")
ENTRY = re.compile(r"^(?:[\w-]+\s*=\s*)?([A-Za-z_][\w.]*):([A-Za-z_]\w*)$")
"""`module:attribute`, also as `name = module:attribute`."""


class Modules:
    """Python modules by dotted name and files by the end of their path."""

    def __init__(self, files: Iterable[str]) -> None:
        self.real = {plain_path(path): path for path in files}
        """Files by the path that they have when rendered: their own, but for templates."""
        self.by_name: dict[str, list[str]] = {}
        self.by_base: dict[str, list[str]] = {}
        self._imported = Answers(self._imported_in)
        self._homes = Answers(self._homes_of)
        for plain, path in sorted(self.real.items()):
            self.by_base.setdefault(plain.rpartition("/")[2], []).append(path)
            if plain.endswith(".py"):
                parts = plain[:-3].split("/")
                if parts[-1] == "__init__":
                    parts.pop()
                for start in range(max(0, len(parts) - 6), len(parts)):
                    self.by_name.setdefault(".".join(parts[start:]), []).append(path)

    def imported(self, name: str, importer: str) -> list[str]:
        """The files that importing `name` (with leading dots when relative) in a file runs, packages included."""
        return self._imported[name, plain_path(importer).rpartition("/")[0]]

    def _imported_in(self, asked: tuple[str, str]) -> list[str]:
        name, folder = asked
        if name.startswith("."):
            level = len(name) - len(name.lstrip("."))
            base = folder.split("/") if folder else []
            base = base[: len(base) - level + 1] if level > 1 else base
            rest = [part for part in name.lstrip(".").split(".") if part]
            return self._inside("/".join(base), rest)
        parts = name.split(".")
        for count in range(len(parts), 0, -1):
            path = self._nearest(".".join(parts[:count]), folder, count)
            if path:
                return [path, *self._packages(path, count)]
        return []

    def _inside(self, base: str, rest: list[str]) -> list[str]:
        for count in range(len(rest), -1, -1):
            stem = "/".join([*filter(None, [base]), *rest[:count]])
            for path in (f"{stem}.py", f"{stem}/__init__.py"):
                if path in self.real:
                    return [self.real[path]]
        return []

    def _packages(self, path: str, count: int) -> Iterator[str]:
        """`__init__.py` of the packages that contain a module."""
        parts = plain_path(path).split("/")[:-1]
        for depth in range(len(parts), max(0, len(parts) - count), -1):
            package = "/".join([*parts[:depth], "__init__.py"])
            real = self.real.get(package)
            if real is not None and real != path:
                yield real

    def _nearest(self, dotted: str, folder: str, count: int) -> str:
        """The file for a dotted name of some parts that stands nearest to the importing folder.

        That is the one whose own folder has most of the importing folder's path; a single name is looked for only
        beside and above it, and in folders there that hold sources.
        """
        if dotted not in self.by_name:
            return ""
        plains, homes = self._homes[dotted]
        here = folder.split("/") if folder else []
        for shared in range(len(here), -1, -1):
            base = "".join(f"{part}/" for part in here[:shared])
            beside = [homes[home] for home in (base, *(f"{base}{name}/" for name in SOURCES)) if home in homes]
            if beside:
                return self.by_name[dotted][min(beside)]
            for number in range(bisect_left(plains, base), len(plains)) if count > 1 else ():
                if not plains[number].startswith(base):
                    break
                if home_of(plains[number], count).startswith(base):
                    return self.by_name[dotted][number]
        return ""

    def _homes_of(self, dotted: str) -> tuple[list[str], dict[str, int]]:
        """The paths for a dotted name, and the number of the first by the folder that it is seen from."""
        plains = [plain_path(path) for path in self.by_name[dotted]]
        homes: dict[str, int] = {}
        for number, plain in enumerate(plains):
            homes.setdefault(home_of(plain, dotted.count(".") + 1), number)
        return plains, homes

    def file(self, word: str, near: str, cwd: str = "") -> str:
        """The file that a path in a command or configuration means, seen from the file it stands in; empty if none."""
        word = re.sub(r"^[\"'(]+|[\"'),;]+$", "", word).split("::")[0]
        word = re.sub(r"^(\$\{\{[^}]*\}\}|\$\{?\w+\}?|\$\(\w+\)|~|file://)/?", "", word)
        if not word or len(word) > 200 or word.startswith(("http:", "https:", "s3:", "gs:")):
            return ""
        folder = plain_path(near).rpartition("/")[0]
        bases = [f"{folder}/{cwd}" if folder else cwd, cwd, folder] if cwd else [folder]
        while folder:
            folder = folder.rpartition("/")[0]
            bases.append(folder)
        parts = [part for part in word.split("/") if part not in ("", ".")]
        if not parts or parts[-1] not in self.by_base:
            return ""
        for start in range(len(parts)):
            for base in bases:
                path = joined(base, parts[start:])
                if path in self.real:
                    return self.real[path]
        return self._copied(parts, near)

    def _copied(self, parts: list[str], near: str) -> str:
        """A file that an image holds at another place: the only one of that name below the file's folder."""
        folder = near.rpartition("/")[0]
        found = [path for path in self.by_base[parts[-1]] if path.startswith(f"{folder}/" if folder else "")]
        return found[0] if len(found) == 1 else ""


def is_code(word: str) -> bool:
    """Whether a word is a path of code."""
    return word.endswith(CODE_ENDS) and CODE_FILE.match(word) is not None


def home_of(plain: str, count: int) -> str:
    """The folder, with a slash, from which a module is seen by a dotted name of some parts."""
    parts = plain.removesuffix(".py").removesuffix("/__init__").split("/")[:-count]
    return "".join(f"{part}/" for part in parts)


def plain_path(path: str) -> str:
    """The path of a file once rendered."""
    return rendered_path(path) if is_template(path) else path


def joined(base: str, parts: list[str]) -> str:
    """A path below a folder with `..` followed."""
    stack = [part for part in base.split("/") if part not in ("", ".")]
    for part in parts:
        if part == ".." and stack:
            stack.pop()
        elif part != "..":
            stack.append(part)
    return "/".join(stack)
