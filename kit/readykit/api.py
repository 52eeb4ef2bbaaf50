"""The same as the command line, for Python: what `import readykit` offers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from readykit import model

if TYPE_CHECKING:
    from typing import Self


@dataclass(frozen=True, slots=True)
class Report(model.Report):
    """Everything an audit found: `model.Report`, with what one does with it."""

    @classmethod
    def of(cls, found: model.Report) -> Self:
        """The report of an auditor or a file, as this type."""
        return cls(**{field.name: getattr(found, field.name) for field in fields(found)})

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON report, version 1, as plain values; the same tree gives the same ones."""
        from readykit.clean import cleaned
        from readykit.report.json_ import as_dict

        return as_dict(cleaned(self))

    def render(self, form: str) -> str:
        """Return the report in a format.

        Args:
            form: json, sarif, junit, html, markdown, csv, github, gitlab, badge, shields or terminal.

        Raises:
            UsageError: there is no such format.
        """
        from readykit.errors import UsageError
        from readykit.report import FORMATS, render

        if form not in FORMATS:
            raise UsageError(f"there is no format {form!r}; the formats are {', '.join(FORMATS)}")
        return render(self, form)

    def write(self, *paths: str | Path) -> None:
        """Write files, all or none; the suffix of each names its format, as with `kit audit -o`.

        Raises:
            UsageError: a suffix names no format, or a file cannot be written.
        """
        from readykit.errors import UsageError
        from readykit.output import write
        from readykit.report import FORMATS, format_of

        forms = {str(path): format_of(str(path)) for path in paths}
        if unknown := [path for path, form in forms.items() if form is None]:
            raise UsageError(f"{unknown[0]}: its suffix names the format; use one of {', '.join(FORMATS.values())}")
        write({path: self.render(form or "") for path, form in forms.items()})

    def compared(self, then: model.Report | str | Path) -> Self:
        """Return the report with its findings marked as `new` or `known`; `since` sums it up.

        Args:
            then: an earlier report, or a file: a baseline or a saved JSON report.

        Raises:
            UsageError: the file is neither.
        """
        from readykit import baseline

        known = (
            baseline.of_report(then, then.repository.commit or then.repository.name)
            if isinstance(then, model.Report)
            else baseline.read(str(then))
        )
        return self.of(baseline.compared(self, known))

    def below(self, *, min_score: float | None = None, min_level: int | None = None, fail_on: str = "") -> list[str]:
        """Return why the report is below what is asked for, a sentence each; empty when it is not.

        Args:
            min_score: points of 100.
            min_level: from 0 to 4.
            fail_on: `new` or `worse` (of a report that was compared), `fail`, `partial`, `any`.
        """
        from readykit.floors import Floors, below

        return below(self, Floors(min_score, min_level, fail_on))


def audit(
    path: str | Path = ".",
    *,
    profile: str | None = None,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    config: str | Path | None = None,
    trust_config: bool = False,
    rubrics: Iterable[str] = (),
    checks: Iterable[str | Path] = (),
    revision: str = "",
    cached: bool = True,
    excerpts: bool = False,
) -> Report:
    """Audit a repository.

    Args:
        path: a folder, a file, an archive, a bare repository, or an `https://` address of one.
        profile: trial, starter, production (when nothing says otherwise) or regulated.
        select: only these checks, by id or family.
        ignore: not these.
        config: the examiner's policy file; the repository's own settings do not count then.
        trust_config: let the audited repository's own settings count.
        rubrics: other people's rubrics to answer too.
        checks: folders of further checks; their code is run.
        revision: audit this commit of the repository instead of what lies in the folder.
        cached: use and keep what earlier audits worked out.
        excerpts: take the lines that the evidence cites, for the HTML page.

    Returns:
        The report, every string of it safe to show.

    Raises:
        TargetError: there is nothing at `path` that can be audited.
        UsageError: the profile, a check, a setting or the revision is unknown.
    """
    from readykit.auditor import Way
    from readykit.auditor import audit as run
    from readykit.wishes import Wishes

    wishes = Wishes(
        profile, _ids(select), _ids(ignore), None if config is None else str(config), trust_config,
        tuple(map(str, checks)), tuple(rubrics),
    )  # fmt: skip
    return Report.of(run(path, wishes, way=Way(cached=cached, excerpts=excerpts), revision=revision))


def _ids(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name.upper() for name in names)


def load(path: str | Path) -> Report:
    """Read a saved JSON report back.

    Args:
        path: a file that `kit audit -o report.json` or `Report.write` made.

    Raises:
        TargetError: it is none.
    """
    from readykit.report.load import load as read

    return Report.of(read(path))
