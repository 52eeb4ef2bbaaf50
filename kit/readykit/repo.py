"""The only module that reads an audited tree.

Files are listed from the disk and opened relative to its root; links are never followed, devices and pipes never
opened. What could not be read is kept as rows for the report.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from readykit.facts import Unparsable
from readykit.facts.dispatch import cap_of, extract, kinds_of
from readykit.facts.templates import is_template
from readykit.githead import head
from readykit.globs import path_matches
from readykit.history import NO_HISTORY, History, read
from readykit.limits import MAX_DEPTH, MAX_FILES, MAX_JSON_BYTES
from readykit.model import Fact, RepositoryInfo, Unread

SKIPPED = frozenset(
    [
        ".git",
        ".hg",
        ".svn",
        "node_modules",
        "__pycache__",
        ".venv",
        "venv",
        ".tox",
        ".nox",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".eggs",
        ".ipynb_checkpoints",
        ".terraform",
        "bower_components",
        ".idea",
        ".gradle",
        ".kit-cache",
    ]
)
VENDORED = re.compile(
    r"(^|/)(vendor|vendored|third[_-]?party|external|extern|site-packages|deps|bower_components)/", re.IGNORECASE
)
TESTS = re.compile(
    r"(^|/)(tests?|testing|test[_-]\w+|\w+[_-]tests?|__tests__|spec|integration[_-]tests?)/", re.IGNORECASE
)
TEST_FILE = re.compile(
    r"(^|/)(test_[^/]*|[^/]*_tests?|tests?|conftest|[^/]*(Test|Spec|Suite|Tests))\.(py|scala|java|kt|R|r|js|ts|tsx|go|ipynb)$"
)
DOCS = re.compile(r"(^|/)(docs?|documentation|website|wiki|reports?|slides|man)/", re.IGNORECASE)
EXAMPLES = re.compile(r"(^|/)(examples?|samples?|tutorials?|demos?|cookbook|helloworld)/", re.IGNORECASE)
GENERATED = re.compile(
    r"(^|/)(build|dist|gen|generated|_build|htmlcov|site)/|_pb2(_grpc)?\.pyi?$|\.min\.(js|css)$", re.IGNORECASE
)
# what a folder called build holds as YAML or Dockerfile was written by people: it says how to build
WRITTEN = re.compile(r"\.ya?ml$|(^|[/._-])dockerfile[^/]*$", re.IGNORECASE)
DOCUMENT = re.compile(r"\.(md|rst|txt|markdown|adoc)$", re.IGNORECASE)
ASSERTS = re.compile(
    r"^\s*(async\s+)?def\s+test|^\s*class\s+\w*Test|unittest|import pytest|@pytest|\bassert\b", re.MULTILINE
)
LANGUAGES = {
    "py": "Python", "ipynb": "Jupyter", "r": "R", "rmd": "R", "scala": "Scala", "java": "Java", "js": "JavaScript",
    "ts": "TypeScript", "tsx": "TypeScript", "go": "Go", "rs": "Rust", "cpp": "C++", "cc": "C++", "c": "C",
    "jl": "Julia", "sql": "SQL", "tf": "HCL", "sh": "Shell", "kt": "Kotlin", "rb": "Ruby", "php": "PHP", "cs": "C#",
}  # fmt: skip


class Source(Protocol):
    """Where the bytes come from: a folder, or a mapping for tests and archives."""

    sizes: dict[str, int]
    skipped: list[Unread]

    def read(self, path: str, limit: int) -> bytes:
        """At most `limit` bytes of a file.

        Raises:
            OSError: it cannot be read.
        """


class Folder:
    """A folder on disk."""

    def __init__(self, root: Path) -> None:
        """List the folder.

        Raises:
            NotADirectoryError: it is not a folder.
        """
        if not root.is_dir():
            raise NotADirectoryError(f"{root} is not a folder")
        self.root = root
        self.sizes: dict[str, int] = {}
        self.skipped: list[Unread] = []
        self._list()

    def _list(self) -> None:
        stack: list[tuple[str, int]] = [("", 0)]
        while stack:
            folder, depth = stack.pop()
            try:
                entries = sorted(os.scandir(self.root / folder), key=lambda e: e.name)
            except OSError as error:
                self.skipped.append(Unread(folder or ".", f"cannot be listed: {error.strerror}"))
                continue
            for entry in entries:
                path = f"{folder}/{entry.name}" if folder else entry.name
                if len(self.sizes) >= MAX_FILES:
                    self.skipped.append(Unread(path, f"more than {MAX_FILES:,} files"))
                    return
                if entry.is_dir(follow_symlinks=False):
                    self._enter(entry, path, depth, stack)
                else:
                    self._add(entry, path)

    def _enter(self, entry: os.DirEntry[str], path: str, depth: int, stack: list[tuple[str, int]]) -> None:
        if entry.name in SKIPPED or os.path.lexists(f"{entry.path}/pyvenv.cfg"):
            if not entry.name.startswith(".git"):
                self.skipped.append(Unread(path, "not the project's own files"))
        elif depth >= MAX_DEPTH:
            self.skipped.append(Unread(path, f"more than {MAX_DEPTH} folders deep"))
        else:
            stack.append((path, depth + 1))

    def _add(self, entry: os.DirEntry[str], path: str) -> None:
        try:
            info = entry.stat(follow_symlinks=False)
        except OSError as error:
            self.skipped.append(Unread(path, f"cannot be read: {error.strerror}"))
            return
        try:
            path.encode()
        except UnicodeEncodeError:
            self.skipped.append(Unread(path.encode(errors="replace").decode(), "its name is not text"))
            return
        if stat.S_ISLNK(info.st_mode):
            self.skipped.append(Unread(path, "a link, not followed"))
        elif stat.S_ISREG(info.st_mode):
            self.sizes[path] = info.st_size
        else:
            self.skipped.append(Unread(path, "not a regular file"))

    def read(self, path: str, limit: int) -> bytes:
        """At most `limit` bytes of a regular file."""
        descriptor = os.open(
            self.root / path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        )
        with os.fdopen(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError("not a regular file")
            return stream.read(limit)


class Memory:
    """A tree given as a mapping of paths to text."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = {path: text.encode() for path, text in files.items()}
        self.sizes = {path: len(data) for path, data in self.files.items()}
        self.skipped: list[Unread] = []

    def read(self, path: str, limit: int) -> bytes:
        """At most `limit` bytes."""
        return self.files[path][:limit]


class Repo:
    """An audited tree: its files, their text, facts and roles; everything is read on first demand."""

    def __init__(self, source: Source, name: str) -> None:
        self.source = source
        self.name = name
        self.files: tuple[str, ...] = tuple(sorted(source.sizes))
        self.known = frozenset(self.files)
        self._texts: dict[str, str] = {}
        self._facts: dict[str, tuple[Fact, ...]] = {}
        self._roles: dict[str, str] = {}
        self._unreadable: dict[str, Unread] = {}
        self._history: History | None = None

    @classmethod
    def open(cls, path: str | Path) -> Repo:
        """A tree on disk.

        Raises:
            NotADirectoryError: the path is not a folder.
        """
        root = Path(path)
        return cls(Folder(root), root.resolve().name)

    @classmethod
    def of(cls, files: Mapping[str, str], name: str = "example", history: History = NO_HISTORY) -> Repo:
        """A tree in memory, for tests and examples."""
        made = cls(Memory(files), name)
        made._history = history
        return made

    @property
    def history(self) -> History:
        """The commits that led here, read on first demand."""
        if self._history is None:
            root = self.source.root if isinstance(self.source, Folder) else None
            self._history = NO_HISTORY if root is None else read(root, head(root))
        return self._history

    @property
    def unreadable(self) -> tuple[Unread, ...]:
        """What could not be read so far, and why."""
        return tuple(self._unreadable[path] for path in sorted(self._unreadable))

    @property
    def skipped(self) -> tuple[Unread, ...]:
        """What was passed over on purpose."""
        return tuple(sorted(self.source.skipped, key=lambda row: row.path))

    def size(self, path: str) -> int:
        """Bytes of a file."""
        return self.source.sizes[path]

    def text(self, path: str) -> str:
        """The text of a file; empty, with a row in `unreadable`, when it cannot be had."""
        if path not in self._texts:
            self._texts[path] = self._read(path)
        return self._texts[path]

    def _read(self, path: str) -> str:
        limit = cap_of(path)
        if self.size(path) > limit:
            self._unreadable[path] = Unread(path, f"{self.size(path):,} bytes, more than {limit:,}")
            return ""
        try:
            data = self.source.read(path, limit)
        except (OSError, KeyError) as error:
            self._unreadable[path] = Unread(path, f"cannot be read: {getattr(error, 'strerror', None) or error}")
            return ""
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return data.decode("utf-16", errors="replace").lstrip("\ufeff")
        if b"\0" in data[:8000]:
            self._unreadable[path] = Unread(path, "binary, not text")
            return ""
        return data.decode("utf-8", errors="replace").lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")

    def facts(self, path: str) -> tuple[Fact, ...]:
        """What a file says; nothing for a file that is not read or cannot be."""
        found = self._facts.get(path)
        if found is None:
            found = self._facts[path] = self._extract(path) if kinds_of(path) else ()
        return found

    def _extract(self, path: str) -> tuple[Fact, ...]:
        if path.endswith(".json") and self.size(path) > MAX_JSON_BYTES:
            return ()  # data, not configuration
        text = self.text(path)
        if not text.strip():
            return ()
        try:
            return tuple(extract(text, path))
        except Unparsable as why:
            # a broken file that is not the project's own, or a test's bad input, hides nothing from the audit
            if self.role(path) != "vendored" and not (path.endswith(".json") and self.role(path) != "code"):
                self._unreadable.setdefault(path, Unread(path, str(why)))
            return ()

    def role(self, path: str) -> str:
        """What a file is to the project: code, test, example, docs, vendored, generated or template."""
        role = self._roles.get(path)
        if role is None:
            role = self._roles[path] = self._role(path)
        return role

    def _role(self, path: str) -> str:
        if VENDORED.search(path):
            return "vendored"
        if is_template(path):
            return (
                "test"
                if TESTS.search(path) or TEST_FILE.search(re.sub(r"\.(jinja2?|j2|tmpl)$", "", path))
                else "template"
            )
        if GENERATED.search(path) and not path.startswith(".github/") and not WRITTEN.search(path):
            return "generated"
        if TESTS.search(path):
            return "test"
        if TEST_FILE.search(path):
            # named like a test; without one test in it, it is a script
            return "test" if not path.endswith(".py") or ASSERTS.search(self.text(path)) else "code"
        if DOCUMENT.search(path) and kinds_of(path) != ("dependencies",):
            return "docs"
        if EXAMPLES.search(path):
            return "example"
        return "docs" if DOCS.search(path) else "code"

    def matching(self, *globs: str) -> list[str]:
        """Files that match any of the globs; `*` crosses folders, and a glob without `/` matches base names."""
        return [path for path in self.files if matches(path, globs)]

    def languages(self) -> tuple[str, ...]:
        """Programming languages by number of files, most first."""
        counts: dict[str, int] = {}
        for path in self.files:
            language = LANGUAGES.get(path.rpartition(".")[2].lower() if "." in path else "")
            if language and self.role(path) != "vendored":
                counts[language] = counts.get(language, 0) + 1
        return tuple(sorted(counts, key=lambda name: (-counts[name], name)))

    def info(self) -> RepositoryInfo:
        """What was opened; the kind is filled in by the audit."""
        total = sum(self.source.sizes.values())
        commit = head(self.source.root) if isinstance(self.source, Folder) else None
        return RepositoryInfo(self.name, commit=commit, files=len(self.files), bytes=total, languages=self.languages())


def matches(path: str, globs: Iterable[str]) -> bool:
    """Whether a path, or its base name for globs without a slash, matches any of the globs."""
    return any(path_matches(path, pattern) for pattern in globs)
