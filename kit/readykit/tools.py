"""Knowledge about products, as data: which does which job, and what traces it leaves (`checks/tools/*.toml`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from readykit import compiled, paths
from readykit.toolbox import OPTIONS, TRACES, Job, Tool, Toolbox


class BadTool(ValueError):
    """A tools file that cannot be used; the message says which key of which file and what is expected."""


def load(*folders: Path) -> Toolbox:
    """Read every `*.toml` of the folders.

    Raises:
        BadTool: a file is not TOML, or a table has an unknown or ill-typed key.
    """
    tools: dict[str, Tool] = {}
    for folder in folders:
        for key, made in (ours() if folder == paths.TOOLS else described(texts_of(folder))).items():
            tools[key] = merged(tools[key], made) if key in tools else made
    return Toolbox(tools.values(), kept=folders == (paths.TOOLS,))


def texts_of(folder: Path) -> dict[str, bytes]:
    """The texts of the `*.toml` of a folder, by name."""
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.toml"))}


def described(texts: Mapping[str, bytes]) -> dict[str, Tool]:
    """The tools that files describe.

    Raises:
        BadTool: a file is not TOML, or a table has an unknown or ill-typed key.
    """
    import tomllib  # not needed at most starts, see `ours`

    tools: dict[str, Tool] = {}
    for name, text in texts.items():
        try:
            data = tomllib.loads(text.decode("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadTool(f"{name}: {error}") from None
        for key, table in data.items():
            made = tool(key, table, name)
            tools[key] = merged(tools[key], made) if key in tools else made
    return tools


def ours() -> dict[str, Tool]:
    """The tools of the standard, which are the same at every start: parsed once, and read back after that."""
    texts = texts_of(paths.TOOLS)
    source = b"\0".join(part for name, text in texts.items() for part in (name.encode(), text))
    rows = compiled.load("tools", source)
    if rows is None:
        tools = described(texts)
        compiled.store("tools", source, [row(made) for made in tools.values()])
        return tools
    return {
        key: Tool(key, name, url, packages, imports, {job: Job(job, traces, more) for job, traces, more in jobs})
        for key, name, url, packages, imports, jobs in rows
    }


def row(made: Tool) -> tuple[Any, ...]:
    """A tool as plain values."""
    jobs = [(job.name, dict(job.traces), dict(job.options)) for job in made.does.values()]
    return (made.id, made.name, made.url, made.packages, made.imports, jobs)


def merged(first: Tool, second: Tool) -> Tool:
    """One tool described in two files, each with its own jobs."""
    does = {**first.does, **second.does}
    for name in first.does.keys() & second.does.keys():
        one, two = first.does[name], second.does[name]
        both = one.traces.keys() | two.traces.keys()
        traces = {kind: (*one.traces.get(kind, ()), *two.traces.get(kind, ())) for kind in both}
        does[name] = Job(name, traces, {**one.options, **two.options})
    return Tool(
        first.id, first.name or second.name, first.url or second.url,
        tuple(dict.fromkeys(first.packages + second.packages)), tuple(dict.fromkeys(first.imports + second.imports)),
        does,
    )  # fmt: skip


def tool(key: str, table: Any, file: str) -> Tool:
    """One table as a Tool.

    Raises:
        BadTool: the table has an unknown or ill-typed key.
    """
    if not isinstance(table, dict):
        raise BadTool(f"{file}: {key} is not a table")
    unknown = set(table) - {"name", "url", "packages", "imports", "does", "about"}
    if unknown:
        raise BadTool(f"{file}: [{key}] has unknown keys {', '.join(sorted(unknown))}")
    does: dict[str, Job] = {}
    for name, traces in table.get("does", {}).items():
        bad = set(traces) - set(TRACES) - OPTIONS
        if bad:
            raise BadTool(f'{file}: [{key}.does."{name}"] has unknown keys {", ".join(sorted(bad))}')
        lists = {kind: strings(traces[kind], f"{file}: {key}.{name}.{kind}") for kind in TRACES if kind in traces}
        does[name] = Job(name, lists, {k: v for k, v in traces.items() if k in OPTIONS})
    where = f"{file}: {key}"
    return Tool(
        key, str(table.get("name", key)), str(table.get("url", "")), strings(table.get("packages", []), where),
        strings(table.get("imports", []), where), does,
    )  # fmt: skip


def strings(value: Any, where: str) -> tuple[str, ...]:
    """A list of strings.

    Raises:
        BadTool: it is something else.
    """
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BadTool(f"{where} must be a list of strings")
    return tuple(value)
