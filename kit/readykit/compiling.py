"""Our modules load without compiling anew what they compile.

Two things that a module of ours does when it is loaded are compiled at every start by code that is written in Python:
regular expressions, 900 of them, and the methods of data classes. Together they take three times as long as all else
in a start. While `remembered()` lasts, both come from where an earlier run left them, the same in every respect. It
stands around the loading of our own modules and tables only: nothing of an audited tree is ever among what is kept.
"""

from __future__ import annotations

import re
import sys
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from types import CodeType, ModuleType, SimpleNamespace
from typing import Any

from readykit import __version__, compiled

MOST = 5000
"""Things that are kept; who works on the program leaves old ones behind."""
_Pattern = tuple[str | bytes, int]
_Program = tuple[Any, ...]
_Kept = tuple[dict[_Pattern, _Program], dict[str, CodeType]]
# Private to `re`, so nothing here may depend on it being there, or being as it is known.
_compiler: Any = sys.modules.get("re._compiler")
_kept: dict[str, _Kept] = {}
_active = False


@contextmanager
def remembered(name: str = "compiled") -> Iterator[None]:
    """Compile with what earlier runs compiled, as long as this lasts.

    What is met for the first time is compiled as ever, and kept for the next run.

    Args:
        name: which of what is kept is read and added to; a start that needs little reads little. Inside another
            `remembered` it is the other's that counts.
    """
    global _active
    if _active or sys.implementation.name != "cpython":
        yield
        return
    programs, methods = _known(name)
    before = len(programs) + len(methods)
    _active = True
    try:
        with _patterns(programs), _methods(methods):
            yield
    finally:
        _active = False
        if before < len(programs) + len(methods) <= MOST:
            compiled.store(name, __version__.encode(), (programs, methods))


def _known(name: str) -> _Kept:
    if name not in _kept:
        _kept[name] = compiled.load(name, __version__.encode()) or ({}, {})
    return _kept[name]


class _Later(ModuleType):
    """A module that is loaded when something in it is asked for; `LazyLoader` does so at every second `import`."""

    def __getattr__(self, name: str) -> Any:
        self.__class__ = ModuleType  # type: ignore[assignment]
        if self.__spec__ is not None and self.__spec__.loader is not None:
            self.__spec__.loader.exec_module(self)
        return getattr(self, name)


def _later(name: str) -> None:
    """Have a module of the standard library loaded at its first use."""
    spec = find_spec(name) if name not in sys.modules else None
    if spec is not None:
        sys.modules[name] = module = _Later(name)
        module.__spec__, module.__loader__, module.__file__ = spec, spec.loader, spec.origin


@contextmanager
def _methods(known: dict[str, CodeType]) -> Iterator[None]:
    """Let `dataclasses` make its methods, which it writes as source, from code that is compiled."""
    _later("inspect")  # a third of a start; needed for data classes that say nothing of themselves
    import dataclasses  # and so only now

    def run(source: str, *names: Any) -> None:
        code = known.get(source)
        if code is None:
            code = known[source] = compile(source, "<string>", "exec", dont_inherit=True)
        exec(code, *names)  # noqa: S102 - the source that the standard library would have executed

    space = vars(dataclasses)
    space["exec"] = run
    try:
        yield
    finally:
        del space["exec"]


@contextmanager
def _patterns(programs: dict[_Pattern, _Program]) -> Iterator[None]:
    """Let `re` take the programs of patterns that are known, and learn those that it compiles."""
    compile_: Any = getattr(_compiler, "compile", None)
    sre: Any = getattr(_compiler, "_sre", None)
    if compile_ is None or sre is None:
        yield
        return
    asked: Any = re.compile

    def known(pattern: Any, flags: int = 0) -> Any:
        program = programs.get((pattern, int(flags))) if isinstance(pattern, (str, bytes)) and _active else None
        if program is None:
            return asked(pattern, flags)
        all_flags, width, code, *groups = program
        return sre.compile(pattern, all_flags, array(width, code).tolist(), *groups)

    def unknown(pattern: Any, flags: int = 0) -> Any:
        """What `re` calls for a pattern that it does not remember either, from whichever of its functions."""
        if not isinstance(pattern, (str, bytes)):
            return compile_(pattern, flags)
        return known(pattern, flags) if (pattern, int(flags)) in programs else new(pattern, int(flags))

    def new(pattern: str | bytes, flags: int) -> Any:
        def learn(same: str | bytes, all_flags: int, code: list[int], *groups: Any) -> Any:
            width = "H" if max(code) < 1 << 16 else "I"
            programs[pattern, flags] = (int(all_flags), width, array(width, code).tobytes(), *groups)
            return sre.compile(same, all_flags, code, *groups)

        _compiler._sre = SimpleNamespace(**{**vars(sre), "compile": learn})
        try:
            return compile_(pattern, flags)
        finally:
            _compiler._sre = sre

    _compiler.compile = unknown
    vars(re)["compile"] = known  # spares what `re` does besides, which is a good part of it
    try:
        yield
    finally:
        _compiler.compile = compile_
        vars(re)["compile"] = asked
