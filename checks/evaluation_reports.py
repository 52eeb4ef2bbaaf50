"""EVL: can a person see how good the model is?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from readykit.checks_api import Project, best, check, failed, not_applicable, partial, passed
from readykit.learning import given, modules, untrained
from readykit.model import Evidence, Fact, Strength, Verdict
from readykit.naming import words
from readykit.switches import split_by_switch

# words that say a figure or report is about a model's results, in a path, a function, a file name
ABOUT_RESULTS = re.compile(
    r"\b(eval\w*|metrics?|confusion|roc|pr curve|precision|recall|residuals?|predict\w*|results?|reports?|"
    r"importances?|calibration|loss|accuracy|learning curve|performance|errors?|forecast\w*|"
    r"shap|validat\w*|score\w*|history|actual)\b"
)
# words that say it is about the data alone
ABOUT_DATA = re.compile(
    r"\b(eda|explor\w*|distribution|histogram|heatmap|correlation|drift\w*|missing|outliers?|latency|monitor\w*|ingest\w*|statistics|"
    r"data (quality|stability|report|check\w*|validation|integrity|summary))\b"
)
# words that are about results even where the code is about data
PLAINLY = re.compile(
    r"\b(confusion|roc|residuals?|importances?|calibration|precision|recall|accuracy|shap|metrics?|eval\w*)\b"
)
DRAWN = re.compile(
    r"\b(confusion|roc|residuals?|importances?|calibration|precision|recall|accuracy|shap|metrics?|predict\w*|actual|"
    r"errors?|loss|forecast\w*|performance)\b"
)
# what sends numbers to a tracker, by the name of the call
LOGS = re.compile(
    r"log_?metric|log_dict|\.log$|autolog|Callback|Logger|add_scalar|report_scalar|\bMetrics\b|log_evaluation"
)
DRAWS = re.compile(r"(title|plot|scatter\w*|bar\w*|hist\w*|imshow|heatmap|line\w*|metric|pyplot|\w*_chart|Graph|Plot)$")
REPORT_FILE = re.compile(
    r"[\w/{}.-]*(report|evaluation|model_?card|results?)[\w{}.-]*\.(html?|md|pdf|png|svg)$", re.IGNORECASE
)
WRITES = re.compile(r"(write_text|\.write|savefig|write_html|to_html|dump|\.save|to_markdown|^open)$")


def reports(project: Project) -> Iterator[tuple[Fact, str]]:
    """Names of report files in modules that write files."""
    writing = {f.at.path for f in project.named(WRITES, "call")}
    judging = {e.at.path for e in project.used("scoring against labels")} | {e.at.path for e in project.used("fitting")}
    for fact in project.named(REPORT_FILE, "string"):
        if (
            fact.at.path in writing
            and REPORT_FILE.match(fact.name)
            and (fact.at.path in judging or ABOUT_RESULTS.search(words(fact.at.path)))
            and not ABOUT_DATA.search(words(f"{fact.at.path} {fact.name}"))
        ):
            yield fact, f"a report is written: {fact.name[:60]}"


def saved(project: Project) -> Iterator[tuple[Fact, bool]]:
    """Figures that are saved, and whether something says that they are about the model's results."""
    results = {e.at.path for e in project.used("figure of results")} | {
        e.at.path for e in project.used("scoring against labels")
    }
    for fact in project.doing("saving figures").facts:
        about = words(f"{fact.at.path} {fact.scope} {given(fact)}")
        named = bool(ABOUT_RESULTS.search(about)) or fact.at.path in results
        yield (
            fact,
            named and (not ABOUT_DATA.search(about) or bool(PLAINLY.search(words(f"{fact.scope} {given(fact)}")))),
        )


@check("EVL008", "A person can see the result", capability="result_report", level=2, dimension="comm")
def results_can_be_seen(project: Project) -> Verdict:
    """What: training or evaluation leaves plots or a report of the model's results that a person can open.

    Figures and reports of results that modules save or log with the run pass. Shown in a notebook or on a dashboard
    only, or drawn and not kept, they are partial, and so are bare numbers in a tracker. Figures
    of the data rather than the results count for nothing.

    Why: a number in a log convinces nobody, and a confusion matrix shows at once what goes wrong.

    Fix: save the curves and the confusion matrix or residuals at the end of evaluation, and log them with the run.

    Source: document 001 (results for people who do not train models).
    """
    if reason := untrained(project):
        return not_applicable(reason)
    figures = list(saved(project))
    kept = [
        project.evidence(fact, f"a figure of the results is saved: {fact.name}") for fact, about in figures if about
    ]
    kept += [e for e in project.used("recorded figure") if not ABOUT_DATA.search(words(e.note))]
    kept += [project.evidence(fact, note) for fact, note in reports(project)]
    kept = [e for e in kept if e.strength >= Strength.USED]
    if modules(project, kept):
        return passed("results are drawn and kept", best(modules(project, kept)))
    would = "plots or a report of the model's results, saved by the evaluation code or logged with the run"
    shown = [*kept, *project.used("figure of results")]
    if shown:
        notebooks = not modules(project, shown)
        message = "results are drawn in a notebook only" if notebooks else "results are drawn, and not kept"
        return partial(message, best(shown), would, project.looked_in)
    others = drawn(project)
    if others:
        return partial("figures are drawn, not kept as results of the model", best(others), would, project.looked_in)
    tracked = [
        e for e in (*project.used("experiment tracking"), *project.used("training curves")) if LOGS.search(e.note)
    ]
    tracked, _ = split_by_switch(project, modules(project, tracked))
    if tracked:
        seen = [Evidence(e.at, Strength.DECLARED, f"{e.note}: to be looked up in the tracker", e.tool) for e in tracked]
        return partial("numbers are in the tracker, no plot or report is made", best(seen), would, project.looked_in)
    return failed("no plot and no report of the results", project.looked_in, would)


def drawn(project: Project) -> list[Evidence]:
    """Figures of results that are shown where models are judged, and dashboards."""
    judging = {e.at.path for e in project.used("scoring against labels")}
    shown = [
        project.evidence(fact, f"{fact.name}: shown, not kept", cap=Strength.DECLARED)
        for fact in project.doing("showing figures").facts
        if fact.at.path in judging and DRAWS.search(fact.name) and DRAWN.search(words(given(fact)))
    ]
    boards = [
        Evidence(e.at, Strength.DECLARED, f"{e.note}: shown, not kept", e.tool) for e in project.used("dashboard")
    ]
    return [e for e in (*shown, *boards) if e.strength >= Strength.DECLARED]
