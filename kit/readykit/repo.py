"""An audited tree: with `sources` the only module that reads it.

Everything is read on first demand; what could not be read is kept as rows for the report.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from readykit.facts import Unparsable
from readykit.facts.dispatch import cap_of, extract, kinds_of
from readykit.githead import head
from readykit.gitindex import tracked
from readykit.globs import path_matches
from readykit.history import NO_HISTORY, History, read
from readykit.limits import MAX_JSON_BYTES
from readykit.model import Fact, RepositoryInfo, Unread
from readykit.roles import role_of
from readykit.sources import Folder, Memory, Source

LANGUAGES = {
    "py": "Python", "ipynb": "Jupyter", "r": "R", "rmd": "R", "scala": "Scala", "java": "Java", "js": "JavaScript",
    "ts": "TypeScript", "tsx": "TypeScript", "go": "Go", "rs": "Rust", "cpp": "C++", "cc": "C++", "c": "C",
    "jl": "Julia", "sql": "SQL", "tf": "HCL", "sh": "Shell", "kt": "Kotlin", "rb": "Ruby", "php": "PHP", "cs": "C#",
}  # fmt: skip


class Repo:
    """An audited tree: its files, their text, facts and roles; everything is read on first demand."""

    def __init__(self, source: Source, name: str) -> None:
        self.source = source
        self.name = name
        self.files: tuple[str, ...] = tuple(sorted(source.sizes))
        self.known = frozenset(self.files)
        self._texts: dict[str, str] = {}
        self._facts: dict[str, tuple[Fact, ...]] = {}
        self._kinds: dict[str, dict[str, list[Fact]]] = {}
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

    @cached_property
    def tracked(self) -> frozenset[str] | None:
        """The paths that git tracks; None when that is not known, as in a tree without `.git`."""
        return tracked(self.source.root) if isinstance(self.source, Folder) else None

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

    def by_kind(self, path: str) -> dict[str, list[Fact]]:
        """What a file says, by kind of fact."""
        kinds = self._kinds.get(path)
        if kinds is None:
            kinds = self._kinds[path] = {}
            for fact in self.facts(path):
                kinds.setdefault(fact.kind, []).append(fact)
        return kinds

    def facts_of(self, path: str, kind: str) -> Sequence[Fact]:
        """What a file says of one kind, in the order of lines."""
        return self.by_kind(path).get(kind, ())

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
            role = self._roles[path] = role_of(path, self.text)
        return role

    @cached_property
    def _by_base(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path in self.files:
            found.setdefault(path.rpartition("/")[2], []).append(path)
        return found

    def called(self, *bases: str) -> list[str]:
        """Files with one of some base names, in the order of paths."""
        return sorted(path for base in set(bases) for path in self._by_base.get(base, ()))

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
    for pattern in globs:  # noqa: SIM110 - asked a million times: a generator costs as much as the question
        if path_matches(path, pattern):
            return True
    return False
