"""PIP006, PIP007: notebooks are for looking, and what they show is what their code does."""

from __future__ import annotations

import re

from readykit.checks_api import Project, best, check, failed, not_applicable, partial, passed
from readykit.model import Evidence, Fact, Location, Strength, Verdict

NOTEBOOKS = (".ipynb", ".Rmd", ".qmd", ".rmd")
BIG = 1_000_000
"""Characters of outputs in one notebook; more is data that nobody reviews."""
FEW = 0.5
PREPARING = re.compile(
    r"fit_transform$|[Ss]caler|Encoder|Vectorizer|Imputer|ColumnTransformer|preprocess|[Dd]rift|\bnannyml\b|Calibrat"
)
"""Fits of what comes before or after the model."""
TRAINER = re.compile(r"trainer|automl|\baml\b|estimator|learner|job|pipeline", re.IGNORECASE)


def own_calls(project: Project, path: str) -> list[Fact]:
    """Imports by which a notebook uses the project's own modules."""
    modules = project.graph.modules
    return [f for f in project.facts("import", path=path) if any(modules.imported(f.name, path))]


@check(
    "PIP006", "The work is out of the notebook", capability="out_of_notebook", level=1, dimension="systems",
    fix="kit add pipeline",
)  # fmt: skip
def out_of_the_notebook(project: Project) -> Verdict:
    """What: models are trained by modules or scripts; notebooks only explore.

    Training in a Python file (or a script of another language) passes, whether or not notebooks train as well. When
    only notebooks train, ones that import the project's own modules, and ones that a pipeline or job runs, are
    partial; the others fail.

    Why: a notebook cannot be imported, tested, reviewed line by line or run by a scheduler without its hidden state.

    Fix: move the cells that load, prepare, fit and evaluate into functions of a module, and import them.

    Source: document 001; Pimentel et al. 2019 (a large-scale study about notebooks).
    """
    fits = [e for e in project.used("fitting") if project.role(e.at.path) in ("code", "example")]
    fits.sort(key=lambda e: (-e.strength, "preprocess" in e.note or e.note.endswith("fit_transform"), e.at))
    modules = [e for e in fits if not e.at.path.endswith(NOTEBOOKS)]
    beside = {e.at.path for e in fits} - {e.at.path for e in modules}
    pipeline = {e.at.path for e in project.used("pipeline orchestration")}
    run = any(e.strength is Strength.WIRED or e.at.path in pipeline for e in modules)
    if modules and not run and len(beside) > len({e.at.path for e in modules}):
        would = "the training in modules that a job or command runs"
        loose = [e for e in fits if e not in modules]
        return partial("most of the training stands in notebooks", (*best(modules, 1), *first(loose)), would)
    if modules:
        modules = plainest(project, modules)
        named = [e for e in modules if "train" in e.at.path.lower()]
        return passed("training is in modules or scripts", (*best(named), *best(modules))[:3])
    if not fits:
        return not_applicable("no code here trains a model")
    would = "the training in functions of a module, which notebooks and pipelines import"
    halves = []
    for item in first(fits, 20):
        if item.strength is Strength.WIRED:
            halves.append(item)
        else:
            halves += [
                project.evidence(f, f"imports {f.name}, but fits here") for f in own_calls(project, item.at.path)
            ]
    if halves:
        return partial("notebooks train, with the help of modules or run by a job", best(halves), would)
    return failed("models are trained in notebooks only", project.looked_in, would, first(fits))


def plainest(project: Project, fits: list[Evidence]) -> list[Evidence]:
    """The places that train a model: not a switch to training mode, a scaler or a drift detector, unless all are."""
    modes = {
        f.at
        for f in project.facts("call", name="*.train")
        if not f.detail.keys() - {"receiver", "cell", "language"}
        if not TRAINER.search(f"{f.name} {f.detail.get('receiver', '')}")
    }
    return [e for e in fits if e.at not in modes and not PREPARING.search(e.note.partition(" (run by")[0])] or fits


def first(evidence: list[Evidence], count: int = 2) -> list[Evidence]:
    """The first piece of evidence of each file, in the order given."""
    files: dict[str, Evidence] = {}
    for item in evidence:
        files.setdefault(item.at.path, item)
    return list(files.values())[:count]


def faults(project: Project, path: str) -> list[Evidence]:
    """What makes a notebook tell another story than its code."""
    found: list[Evidence] = []
    before, size = 0, 0
    disordered: Fact | None = None
    for cell in project.facts("cell", path=path, role=None):
        size += int(cell.detail.get("bytes", "0"))
        if "error" in cell.detail:
            note = f"cell {cell.detail['cell']} ended with {cell.detail['error']}"
            found.append(Evidence(cell.at, Strength.USED, note))
        if cell.value:
            if int(cell.value) <= before and disordered is None:
                disordered = cell
                note = f"cell {cell.detail['cell']} ran as [{cell.value}], one above it as [{before}]"
                found.append(Evidence(cell.at, Strength.USED, note))
            before = max(before, int(cell.value))
    if size > BIG:
        found.append(Evidence(Location(path), Strength.DECLARED, f"{size / 1e6:.1f} MB of outputs"))
    return found


def honest(project: Project, path: str) -> Evidence:
    """A notebook without faults, at its first code cell."""
    cells = list(project.facts("cell", path=path, role=None))
    ran = any(cell.value for cell in cells)
    note = "ran from top to bottom, without errors" if ran else "kept without outputs"
    return Evidence(cells[0].at, Strength.USED, note)


@check("PIP007", "The notebooks that remain are honest", capability="honest_notebooks", level=1, dimension="comm")
def notebooks_are_honest(project: Project) -> Verdict:
    """What: each notebook was run from top to bottom before it was saved, or carries no outputs at all.

    A notebook with cells that ran in another order than they stand, or with the traceback of an error, is not honest;
    more than a megabyte of outputs is half a fault. A few such notebooks among good ones are partial; most fail. Cells
    tagged `raises-exception` may raise.

    Why: numbers in a notebook that its cells no longer produce are believed by everyone who reads it.

    Fix: restart and run all before saving, or strip the outputs with a hook.

    Source: Pimentel et al. 2019 (a large-scale study about the quality and reproducibility of notebooks).
    """
    roles = ("code", "example", "docs")
    paths = [p for p in project.files("*.ipynb", role=roles) if any(project.facts("cell", path=p, role=None))]
    if not paths:
        return not_applicable("there is no notebook with code")
    bad = {path: found for path in paths if (found := faults(project, path))}
    if not bad:
        return passed(
            f"{len(paths)} notebooks ran in order or carry no outputs", [honest(project, p) for p in paths][:3]
        )
    worst = best((e for found in bad.values() for e in found), 3)
    serious = [p for p, found in bad.items() if any(e.strength >= Strength.USED for e in found)]
    would = "every notebook restarted and run from top to bottom, or stripped of its outputs"
    message = f"{len(bad)} of {len(paths)} notebooks show what their code does not do"
    if len(serious) > FEW * len(paths):
        return failed(message, [f"{len(paths)} notebooks"], would, worst)
    if not serious:
        message = f"{len(bad)} of {len(paths)} notebooks carry large outputs"
    return partial(message, worst, would, [f"{len(paths)} notebooks"])
