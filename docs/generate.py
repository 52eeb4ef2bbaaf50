"""The pages of the site that come from the program: a page a check, the tools, the rubrics, the command line."""

from __future__ import annotations

import argparse
import inspect
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from readykit import catalogue, cli
from readykit.examples import Example, examples, judge

if TYPE_CHECKING:
    from readykit.model import Check
    from readykit.toolbox import Toolbox

FAMILIES = {
    "FRM": "Framing", "DAT": "Data", "PIP": "Pipeline and reproducibility", "TRK": "Tracking and registry",
    "EVL": "Evaluation", "SRV": "Serving", "MON": "Monitoring", "RET": "Retraining and rollback", "TST": "Tests",
    "ENG": "Engineering", "SEC": "Security", "DOC": "Documentation", "OPS": "Scale and cost", "TRL": "Trial history",
}  # fmt: skip
LEVELS = ("Notebook", "Reproducible", "Trustworthy", "In production", "Self-healing")
LONG = 4000
"""Characters of a file that are shown; some examples are megabytes of nothing."""
COLUMNS = 8
ACCURACY = Path(__file__).parent / "reference" / "accuracy.md"


def write(folder: Path) -> None:
    """Write all generated pages into a folder; a page that is the same already is left alone.

    Args:
        folder: where they go; made when missing.
    """
    checks = catalogue.checks()
    box = catalogue.toolbox()
    pages = {"checks/index.md": index(checks), "tools.md": tools(box), "command-line.md": command_line()}
    pages |= {f"checks/{check.id}.md": page(check, box) for check in checks}
    for name, text in pages.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")


def index(checks: Iterable[Check]) -> str:
    """The list of all checks by family."""
    about = "What the standard asks, by family. Each page says what passes, why, how to mend it, and shows examples."
    lines = ["# The checks", "", about, ""]
    checks = list(checks)
    for family, title in FAMILIES.items():
        rows = [check for check in checks if check.family == family]
        lines += [f"## {title}", "", "| check | asks | level | dimension |", "|---|---|---|---|"]
        lines += [f"| [{c.id}]({c.id}.md) | {c.title} | {c.level} {LEVELS[c.level]} | {c.dimension} |" for c in rows]
        lines.append("")
    lines += ["```{toctree}", ":hidden:", "", *(check.id for check in checks), "```", ""]
    return "\n".join(lines)


def page(check: Check, box: Toolbox) -> str:
    """One check's page."""
    needed = f"level {check.level} ({LEVELS[check.level]})"
    lines = [
        f"# {check.id}: {check.title}", "",
        f"{needed} · dimension {check.dimension} · capability `{check.capability}` · since {check.since}", "",
        "## What passes", "", sentence(check.doc.what), "", "## Why it matters", "", sentence(check.doc.why), "",
        "## How to mend it", "", sentence(check.doc.fix), "",
    ]  # fmt: skip
    if check.fix:
        lines += [f"`{check.fix}` brings it into a repository ([how](../../how-to/add-a-capability.md)).", ""]
    known = sorted({tool.name for job in jobs(check) for tool in box.doing(job)}, key=str.lower)
    if known:
        lines += ["## Tools that are known", "", ", ".join(known) + ".", ""]
    lines += [*accuracy(check.id), "## Examples", "", "Small trees, with the verdict that the tests hold.", ""]
    for example in examples(check):
        lines += shown(check, example, box)
    lines += ["## Source", "", sentence(check.doc.source), ""]
    return "\n".join(lines)


def shown(check: Check, example: Example, box: Toolbox) -> list[str]:
    """One example: the verdict, what it cites, and the files."""
    verdict = judge(check, example, box)
    status = verdict.status.value.replace("_", " ")
    lines = [f"### {status}: {example.why}", ""]
    lines += [f"- `{e.at.path}:{e.at.line}` {escaped(e.note)}" for e in verdict.evidence[:3]]
    lines += ["", "````text"]
    for path, text in example.tree.items():
        lines += [f"# {path}", *text[:LONG].rstrip().splitlines()[:40], ""]
    return [*lines[:-1], "````", ""]


def accuracy(identifier: str) -> list[str]:
    """What the labelled repositories say of a check's capability; nothing when it has no label."""
    table = (line.strip("|").split("|") for line in ACCURACY.read_text(encoding="utf-8").splitlines())
    rows = [cells for cells in table if len(cells) == COLUMNS and identifier in cells[1].split()]
    if not rows:
        return []
    cells = [cell.strip() for cell in rows[0]]  # the first table is that of all sets together
    yes, no, precision, recall = cells[2:6]
    text = f"On {yes} repositories that have it and {no} that do not: precision {precision}, recall {recall}"
    return [
        "## How often the verdict is right",
        "",
        f"{text} ([how it was measured](../../reference/accuracy.md)).",
        "",
    ]


def jobs(check: Check) -> list[str]:
    """The jobs of tools that a check asks for, found in its function and those of its module that it calls."""
    module = sys.modules[check.judge.__module__]
    own = {name: value for name, value in vars(module).items() if inspect.isfunction(value)}
    seen, todo, found = set(), [inspect.unwrap(check.judge)], []
    while todo:
        function = todo.pop()
        if function in seen:
            continue
        seen.add(function)
        text = inspect.getsource(function)
        found += re.findall(r"(?:doing|used|_shown|seen)\(\s*\"([a-z ]+)\"", text)
        todo += [own[name] for name in set(re.findall(r"\b([a-z_]+)\(", text)) & set(own)]
    return list(dict.fromkeys(found))


def tools(box: Toolbox) -> str:
    """All products by job."""
    about = "A product is recognised by its calls, commands, keys and files (`checks/tools/*.toml`), which anybody can"
    lines = ["# Tools that are known", "", f"{about} [extend](../how-to/add-your-own-checks.md).", ""]
    for job in sorted(box.jobs):
        names = sorted({tool.name for tool in box.doing(job)}, key=str.lower)
        lines += [f"**{job}**", f": {', '.join(names)}", ""]
    return "\n".join(lines)


def command_line() -> str:
    """Every command with its words, from the parsers themselves."""
    lines = ["# The command line", "", "Exit codes and formats: [the contract](../reference/contract.md).", ""]
    for name in cli._COMMANDS:
        parser = cli._parser_of(name)
        parser.formatter_class = lambda prog: argparse.HelpFormatter(prog, width=96, max_help_position=30)
        lines += [f"## kit {name}", "", cli._COMMANDS[name][1][:1].upper() + cli._COMMANDS[name][1][1:] + ".", ""]
        lines += ["```text", parser.format_help().rstrip(), "```", ""]
    return "\n".join(lines)


def sentence(text: str) -> str:
    """A text that begins with a capital."""
    return text[:1].upper() + text[1:]


def escaped(text: str) -> str:
    """A note as text: nothing in it is markup."""
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", text)


if __name__ == "__main__":
    write(Path(__file__).parent / "generated")
