"""An audited tree: with `sources` the only module that reads it.

Everything is read on first demand; what could not be read is kept as rows for the report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from operator import attrgetter
from pathlib import Path

from readykit import wire
from readykit.cache import blake2b
from readykit.facts import Unparsable
from readykit.facts.dispatch import cap_of, extract, kinds_of, skim
from readykit.folder import Folder
from readykit.globs import glob, path_glob, path_globs, path_matches
from readykit.history import NO_HISTORY, History
from readykit.limits import FILE_SECONDS, MAX_FACTS, MAX_JSON_BYTES, MAX_KEPT_TEXT
from readykit.model import Fact, Reading, RepositoryInfo, Unread
from readykit.once import Answers
from readykit.roles import copied_charts, role_of
from readykit.sources import Memory, Source
from readykit.worker import TooLong, at_most

LANGUAGES = {
    "py": "Python", "ipynb": "Jupyter", "r": "R", "rmd": "R", "scala": "Scala", "java": "Java", "js": "JavaScript",
    "ts": "TypeScript", "tsx": "TypeScript", "go": "Go", "rs": "Rust", "cpp": "C++", "cc": "C++", "c": "C",
    "jl": "Julia", "sql": "SQL", "tf": "HCL", "sh": "Shell", "kt": "Kotlin", "rb": "Ruby", "php": "PHP", "cs": "C#",
}  # fmt: skip

KIND, SCOPE = attrgetter("kind"), attrgetter("scope")
OUR_FAULT = "its reader failed, which is a fault of ours"
"""How the row of a file begins on which a reader raised what none should raise."""


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
        self._scopes: dict[str, dict[str, list[Fact]]] = {}
        self.shown: dict[str, Sequence[tuple[int, str, str, int, str]]] = {}
        """What files show of the standard's own tools, as far as it is known already (`shown.Row`)."""
        self._roles: dict[str, str] = {}
        self._digests: dict[str, bytes] = {}
        self._unreadable: dict[str, Unread] = {}
        self._history: History | None = None
        self._kept = 0
        self.place = ""
        """Where the tree lies on this machine; empty when it is nowhere, as in tests."""
        self.url = ""
        """The address that it was cloned from."""
        self.say: Callable[[str], None] = _nothing
        """Is told which file is begun, for who watches."""
        self.by_lines: frozenset[str] = frozenset()
        """Python files that are read by their lines only."""
        self.left_out: frozenset[str] = frozenset()
        """Files that are not read, for there are many like them."""
        self.readings: tuple[Reading, ...] = ()
        self.details: wire.Details = {}
        """Details of facts, equal ones once, while files are read."""
        self.refused: dict[str, str] = {}
        """Files that must not be read, and why: reading them has ended a process."""
        self.hopeless: dict[str, str] = {}
        """Checks that must not be asked, and why, as for `refused`."""
        self.judged_since: float | None = None
        """The processor time, in seconds, at which the first check was asked."""
        self.hurried = False
        """Whether a limit of time or memory was met, which another run may not meet."""

    @classmethod
    def open(cls, path: str | Path) -> Repo:
        """A tree on disk.

        Raises:
            NotADirectoryError: the path is not a folder.
        """
        root = Path(path)
        made = cls(Folder(root), root.resolve().name)
        made.place = str(root.resolve())
        return made

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
            self._history = self.source.history()
        return self._history

    @cached_property
    def tracked(self) -> frozenset[str] | None:
        """The paths that git tracks; None when that is not known, as in a tree without `.git`."""
        return self.source.tracked()

    def git_state(self) -> bytes:
        """What git says of the tree, as far as an audit asks: the commit that is checked out, the paths it tracks."""
        paths = "\0".join(sorted(self.tracked)) if self.tracked is not None else "-"
        return f"{self.source.commit or '-'}\n{paths}".encode("utf-8", "surrogatepass")

    @property
    def unreadable(self) -> tuple[Unread, ...]:
        """What could not be read so far, and why."""
        rows = (*self.source.unread, *self._unreadable.values())
        return tuple(sorted(rows, key=lambda row: row.path))

    @property
    def skipped(self) -> tuple[Unread, ...]:
        """What was passed over on purpose."""
        return tuple(sorted(self.source.skipped, key=lambda row: row.path))

    def size(self, path: str) -> int:
        """Bytes of a file."""
        return self.source.sizes[path]

    def text(self, path: str) -> str:
        """The text of a file; empty, with a row in `unreadable`, when it cannot be had."""
        text = self._texts.get(path)
        if text is None:
            text = self._texts[path] = self._read(path)
            self._kept += len(text)
            while self._kept > MAX_KEPT_TEXT and len(self._texts) > 1:
                self._kept -= len(self._texts.pop(next(iter(self._texts))))
        return text

    def raw(self, path: str) -> bytes:
        """The bytes of a file as far as it is read; empty when it cannot be had."""
        limit = cap_of(path)
        if self.size(path) > limit:
            return b""
        try:
            return self.source.read(path, limit)
        except (OSError, KeyError):
            return b""

    def digest(self, path: str) -> bytes:
        """What stands for the content of a file, as far as it is read; a file is read for it once."""
        found = self._digests.get(path)
        if found is None:
            found = self._digests[path] = blake2b(self.raw(path), digest_size=16).digest()
        return found

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
        text = data.decode("utf-8", errors="replace").lstrip("\ufeff")
        return text.replace("\r\n", "\n").replace("\r", "\n") if b"\r" in data else text

    def facts(self, path: str) -> tuple[Fact, ...]:
        """What a file says; nothing for a file that is not read or cannot be."""
        found = self._facts.get(path)
        if found is None:
            found = self._facts[path] = self._extract(path) if kinds_of(path) else ()
        return found

    def install(self, path: str, facts: tuple[Fact, ...], why: str) -> None:
        """Take in what a file says, as read elsewhere, and why it could not be read."""
        self._facts[path] = facts
        if why:
            self._unreadable.setdefault(path, Unread(path, why))

    def forget(self, path: str) -> None:
        """Drop what a file says."""
        self._facts.pop(path, None)

    def not_searched(self, path: str, why: str) -> None:
        """Note that a file was read, but met a limit when something was looked for in it."""
        self.hurried = True
        self._unreadable.setdefault(path, Unread(path, why))

    def not_followed(self, path: str, why: str) -> None:
        """Note that settings in a file make no sense, so that the audit went on without them."""
        self._unreadable.setdefault(path, Unread(path, why))

    def not_judged(self, check: str, why: str) -> None:
        """Note that a check met a limit: the report is then one in part."""
        self.hurried = True
        self._unreadable[f"(check {check})"] = Unread(f"(check {check})", why)

    def why_unread(self, path: str) -> str:
        """Why a file could not be read; empty when it could."""
        row = self._unreadable.get(path)
        return row.why if row is not None else ""

    def by_kind(self, path: str) -> dict[str, list[Fact]]:
        """What a file says, by kind of fact."""
        return self._by(self._kinds, KIND, path)

    def by_scope(self, path: str) -> dict[str, list[Fact]]:
        """What a file says, by the function, class or document that it stands in."""
        return self._by(self._scopes, SCOPE, path)

    def _by(
        self, known: dict[str, dict[str, list[Fact]]], said: Callable[[Fact], str], path: str
    ) -> dict[str, list[Fact]]:
        """What a file says, by what is said of each fact; worked out once."""
        found = known.get(path)
        if found is None:
            found = known[path] = {}
            for fact in self.facts(path):
                found.setdefault(said(fact), []).append(fact)
        return found

    def facts_of(self, path: str, kind: str) -> Sequence[Fact]:
        """What a file says of one kind, in the order of lines."""
        return self.by_kind(path).get(kind, ())

    def _extract(self, path: str) -> tuple[Fact, ...]:
        if path in self.left_out or (path.endswith(".json") and self.size(path) > MAX_JSON_BYTES):
            return ()  # one of many, or data and not configuration
        if path in self.refused:
            self._unreadable[path] = Unread(path, self.refused[path])
            return ()
        self.say(f"file:{path}")
        try:
            with at_most(FILE_SECONDS):
                return self._told_by(path)
        except TooLong:
            self.hurried = True
            self._unreadable[path] = Unread(path, f"takes more than {FILE_SECONDS:.0f} seconds to read")
            return ()
        except (MemoryError, RecursionError) as error:
            self.hurried |= isinstance(error, MemoryError)
            why = "needs too much memory" if isinstance(error, MemoryError) else "is nested too deeply"
            self._unreadable[path] = Unread(path, why)
            return ()
        except Unparsable as why:
            # a broken file that is not the project's own, or a test's bad input, hides nothing from the audit
            if self.role(path) != "vendored" and not (path.endswith(".json") and self.role(path) != "code"):
                self._unreadable.setdefault(path, Unread(path, str(why)))
            return ()
        except Exception as error:  # a mistake of a reader must not keep all the other files from being judged
            self.hurried = True
            self._unreadable[path] = Unread(path, f"{OUR_FAULT}: {type(error).__name__}: {error}"[:300])
            return ()

    def _told_by(self, path: str) -> tuple[Fact, ...]:
        """What a file says.

        Raises:
            Unparsable: it is not of its kind, or says more than any person writes.
        """
        text = self.text(path)
        if not text.strip():
            return ()
        found = skim(text, path) if path in self.by_lines else extract(text, path)
        if len(found) > MAX_FACTS:
            raise Unparsable(f"says more than {MAX_FACTS:,} things: no person wrote it")
        return wire.compact(found, self.details)

    def role(self, path: str) -> str:
        """What a file is to the project: code, test, example, docs, vendored, generated or template."""
        role = self._roles.get(path)
        if role is None:
            copied = self._copied and path.startswith(self._copied)
            role = self._roles[path] = "vendored" if copied else role_of(path, self.text)
        return role

    @cached_property
    def _copied(self) -> tuple[str, ...]:
        """Folders of charts that others published."""
        return copied_charts(self.called("Chart.yaml", "Chart.yml"), self.name, self.text)

    @cached_property
    def _by_base(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path in self.files:
            found.setdefault(path.rpartition("/")[2], []).append(path)
        return found

    def called(self, *bases: str) -> list[str]:
        """Files with one of some base names, in the order of paths."""
        return sorted(path for base in set(bases) for path in self._by_base.get(base, ()))

    @cached_property
    def _by_end(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path in self.files:
            _, dot, end = path.rpartition("/")[2].rpartition(".")
            if dot:
                found.setdefault(end, []).append(path)
        return found

    @cached_property
    def _matched(self) -> Answers[str, frozenset[str]]:
        return Answers(self._match)

    def _match(self, pattern: str) -> frozenset[str]:
        whole, globs = path_globs(pattern)
        if whole:
            return frozenset(filter(path_glob(pattern), self.files))
        test, (star, dot, end) = glob(globs[0]), globs[0].rpartition(".")
        if star == "*" and dot and end.isalnum():
            return frozenset(self._by_end.get(end, ()))
        return frozenset(path for base, paths in self._by_base.items() if test(base) for path in paths)

    def matched(self, *globs: str) -> frozenset[str]:
        """Files that match any of the globs; each glob is compared with the tree once."""
        return self._matched[globs[0]] if len(globs) == 1 else frozenset().union(*(self._matched[g] for g in globs))

    def matching(self, *globs: str) -> list[str]:
        """Files that match any of the globs; `*` crosses folders, and a glob without `/` matches base names."""
        return sorted(self.matched(*globs))

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
        commit, url, languages = self.source.commit, self.url or None, self.languages()
        return RepositoryInfo(self.name, None, url, commit, len(self.files), total, languages=languages)


def _nothing(_at: str) -> None:
    """Nobody watches."""


def matches(path: str, globs: Iterable[str]) -> bool:
    """Whether a path, or its base name for globs without a slash, matches any of the globs."""
    for pattern in globs:  # noqa: SIM110 - asked a million times: a generator costs as much as the question
        if path_matches(path, pattern):
            return True
    return False
