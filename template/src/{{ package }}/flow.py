"""Retraining as a flow: watch the month, retrain when it drifted or the champion decayed, promote only what wins.

`python -m <package>.flow once --month 2013-07` runs it once and needs no server of yours: it brings up a Prefect
server on a free local port while the heavy imports happen, and takes it down afterwards. `schedule` serves it on
the cron of params.yaml. Every step writes down what it found, so a run that was killed goes on where it stopped, and
a month that was decided on the same data is not decided twice.
"""

# mypy: disable-error-code="untyped-decorator"
from __future__ import annotations

import argparse
import contextlib
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import partial, wraps
from pathlib import Path
from typing import Any

from .config import MONTH, PACKAGE, ProjectError, load_params, one_sentence, paths

with one_sentence():
    os.environ.setdefault("PREFECT_HOME", str(paths().root / ".prefect"))
    RETRAIN = load_params().retrain
os.environ.setdefault("PREFECT_LOGGING_LEVEL", "WARNING")

# Prefect reads its environment when it is imported, so these come last.
from prefect import flow, task
from prefect.client.schemas.schedules import CronSchedule
from prefect.flows import EntrypointType

from . import arrivals, batch, status
from .journal import Journal, Record, decided, decision_file, next_undecided, one_at_a_time, summary
from .model import write_json
from .notify import Kind, notify
from .prefect_server import child, connected, server, task_runner, wait_for


def transient(_task: Any, _run: Any, state: Any) -> bool:
    """Try again what may pass by itself; a ProjectError is a person's to solve and would only repeat."""
    try:
        state.result()
    except ProjectError:
        return False
    except Exception:  # whatever else it is, a second try may help
        return True
    return False


with one_sentence():
    RUNNER = task_runner(RETRAIN)

# How patient the steps are that read data and train: params.yaml says how often, how long and how soon again.
patient = partial(
    task,
    retries=RETRAIN.retries,
    retry_delay_seconds=RETRAIN.retry_seconds,
    timeout_seconds=RETRAIN.timeout_seconds,
    retry_condition_fn=transient,
)


def wherever(stage: Any) -> Callable[..., Any]:
    """Let a stage run here or on the cluster of params.yaml, and name itself in what it raises."""

    @wraps(stage, updated=())
    def run(*words: Any) -> Any:
        try:
            return stage(*words) if RETRAIN.task_runner == "local" else stage.submit(*words).result()
        except Exception as error:
            error.add_note(f"in {stage.name}")
            raise

    return run


@wherever
@patient()
def bring_in(month: str) -> str:
    """The month's labelled flights, and those of the months between; returns the digest of its data."""
    from .split import shift

    params, at = load_params(), paths()
    between = shift(params.split.test, 1)
    while between < month:
        arrivals.arrive(between, params, at)
        between = shift(between, 1)
    arrivals.arrive(month, params, at)
    return arrivals.digest(month, at)


@wherever
@patient()
def watch(month: str, data: str) -> Record:
    """Score the month with the champion; drift against its training months, quality against its test month."""
    from .monitor import Champion, monitor_month

    params, at = load_params(), paths()
    journal = Journal(month, data, Champion.current(at).version, at)
    found: Record = journal.step("watched", lambda: asdict(monitor_month(month, params, at)))
    return found


@wherever
@patient()
def challenge(month: str, data: str) -> Record:
    """Train a challenger on every month up to two before, and let baseline and champion compete on this month."""
    from . import evaluate, register, split, train
    from .monitor import Champion

    params, at = load_params(), paths()
    journal = Journal(month, data, Champion.current(at).version, at)
    window = split.windows(params, month)
    parts, model = journal.folder / "split", journal.folder / "model"

    def judged() -> Record:
        split.write(window, params, parts, at)
        train.fit(window, params, parts, model, at)
        reports = at.reports / "retraining" / month
        found = asdict(evaluate.evaluate(window, params, parts, model, reports, at))
        register.log_evaluation(model, reports, at)
        return found

    found: Record = journal.step("judged", judged)
    return found


@wherever
@patient()
def promote_challenger(month: str, data: str, why: str) -> str:
    """Register the winner and make it champion; returns its version. Done already is done."""
    from . import register, registry, split, tracking
    from .monitor import Champion

    params, at = load_params(), paths()
    journal = Journal(month, data, Champion.current(at).version, at)
    version: str = journal.step(
        "version", lambda: register.register(split.windows(params, month), journal.folder / "model", at)
    )
    client = tracking.connect(at)
    champion, challenger = registry.alias(client, "champion"), registry.alias(client, "challenger")
    if champion and str(champion.version) == version and challenger is None:
        return version
    return registry.promote(why, "retraining flow", at)


@task(retries=RETRAIN.retries, retry_delay_seconds=RETRAIN.retry_seconds, timeout_seconds=30)
def tell(kind: Kind, text: str) -> bool:
    """Notify; a webhook that is down never fails the flow."""
    return notify(kind, text, paths())


def tell_failure(_flow: Any, run: Any, state: Any) -> None:
    """What failed and why, to the webhook. Of a run that was killed its runner tells, if a schedule started it."""
    month = run.parameters.get("month") or "the next month"
    error = state.result(raise_on_failure=False)
    why = f"{type(error).__name__}: {error}" if isinstance(error, Exception) else state.message or "no reason is known"
    where = " ".join(getattr(error, "__notes__", []))
    kind: Kind = "data" if bring_in.__name__ in where else "failure"
    what = " ".join(filter(None, ["retraining for", month, "failed", where]))
    notify(kind, f"{what}: {why.rstrip('.')}. The champion goes on answering.", paths())
    status.write(load_params(), paths())


@flow(name="retraining", task_runner=RUNNER, on_failure=[tell_failure], on_crashed=[tell_failure])
def retraining(month: str | None = None) -> Record:
    """Decide one month: promoted, kept or not_needed. Without a month, the next one that was not decided."""
    params, at = load_params(), paths()
    with one_at_a_time(at):
        month = month or next_undecided(params, at)
        data = bring_in(month)
        if (before := decided(month, at)) and before["data_sha256"] == data:
            status.write(params, at)
            return before | {"repeated": True}  # nothing to do, and nobody to tell
        watched = watch(month, data)
        why = [text for text, yes in (("drift", watched["drift"]), ("decay", watched["decayed"])) if yes]
        judged: Record = {}
        decision, version, reasons = "not_needed", watched["model_version"], ["no drift beyond the threshold, no decay"]
        if month in watched["trained_on"]:  # months decided out of order; it would judge what it was taught
            reasons = [f"version {version} was trained on {month} already"]
        elif why:
            judged = challenge(month, data)
            decision, reasons = "kept", judged["gate"]["reasons"]
            if judged["gate"]["passed"]:
                decision, reasons = "promoted", judged["gate"]["checks"]
                version = promote_challenger(month, data, f"{' and '.join(why)} in {month}; {reasons[0]}")
        record = {
            "month": month,
            "drifted_columns": watched["drifted_columns"],
            "drift_share": watched["drift_share"],
            "drift": watched["drift"],
            "decayed": watched["decayed"],
            "champion_pr_auc": (judged.get("champion") or {}).get("pr_auc", watched["pr_auc"]),
            "champion_version": watched["model_version"],
            "challenger_pr_auc": judged["challenger"]["pr_auc"] if judged else None,
            "baseline_pr_auc": judged["baseline"]["pr_auc"] if judged else None,
            "decision": decision,
            "reasons": reasons,
            "version": version,
            "data_sha256": data,
        }
        # Told first, then written: killed in between, the next run finds that it was told and writes.
        kinds: dict[str, Kind] = {"promoted": "promoted", "kept": "kept", "not_needed": "quiet"}
        seen = f" ({' and '.join(why)})" if why else ""
        tell(kinds[decision], f"{month}: {decision}{seen}, version {version} answers. {'; '.join(reasons)}")
        write_json(decision_file(month, at), record)
        status.write(params, at)
    return record


@patient(timeout_seconds=None)  # a thread of a worker can't be stopped by it
def score_part(source: str, target: str, group: int, by: batch.Champion) -> batch.Count:
    """Score one row group, on whichever worker; done again, it gives the same file."""
    return batch.score_file(Path(source), batch.part_of(Path(target), group), by, group)


@flow(name="scoring", task_runner=RUNNER)
def scoring(source: str, target: str, groups: int) -> batch.Count:
    """Score a file by row groups, as many at a time as there are workers, all with the same version."""
    by = batch.champion(paths())
    parts = [score_part.submit(source, target, group, by) for group in range(groups)]
    counts = [part.result() for part in parts]
    batch.put_together(Path(target), groups)
    return batch.Count(*(sum(getattr(count, name) for count in counts) for name in ("rows", "alerts", "rejected")))


def score_on_cluster(source: Path, target: Path) -> batch.Count:
    """Batch scoring where params.yaml says; source and target are on a disk that all workers see."""
    groups = batch.groups_of(source)
    with connected():
        count: batch.Count = scoring(str(source.resolve()), str(target.resolve()), groups)
    return count


def not_told(record: logging.LogRecord) -> bool:
    """Whether a line of Prefect's is about something else than what the command's own last sentence says."""
    return ProjectError.__name__ not in record.getMessage()


def once(month: str | None) -> None:
    """Run the flow now; a month that is decided on the data that is here needs neither server nor imports."""
    at = paths()
    if month and not MONTH.match(month):
        raise ProjectError(f"{month!r} is not a month; write it like 2013-07")
    for name in ("prefect.flow_runs", "prefect.task_runs"):
        logging.getLogger(name).addFilter(not_told)
    before = decided(month, at) if month else None
    if before and arrivals.is_here(before["month"], before["data_sha256"], at):
        status.write(load_params(), at)
        print(summary(before | {"repeated": True}))
        return
    with connected(warm_up):
        record = retraining(month)
    print(summary(record))


def warm_up() -> None:
    """Do the slow imports while the server starts on the other core; the first run migrates its database, too."""
    from . import drift, evaluate, monitor, register, registry, split, train  # noqa: F401

    drift.evidently()


def schedule(cron: str) -> None:
    """Serve the flow until Ctrl-C. A run that this interrupts goes on where it stopped, at its next time."""
    try:
        CronSchedule(cron=cron)
    except ValueError as error:
        raise ProjectError(f"{cron!r} is no schedule: write it as cron does, like '0 6 3 * *' (params.yaml)") from error
    with server(RETRAIN.server_port, serve=True) as url:
        wait_for(url)
        print(f"retraining is scheduled ({cron}); page {url.removesuffix('/api')}; stop with Ctrl-C", flush=True)
        command = [sys.executable, "-m", f"{PACKAGE}.flow", "runner", "--cron", cron]
        env = os.environ | {"PREFECT_API_URL": url, "PYTHONUNBUFFERED": "1"}
        # Through us, so that what Prefect says of its own end does not follow a Ctrl-C into the terminal.
        speaks: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        with contextlib.suppress(KeyboardInterrupt), child(command, env=env, **speaks) as runner:
            for line in runner.stdout or ():
                print(line.decode(errors="replace"), end="", flush=True)
            raise ProjectError(f"the runner ended by itself, with exit code {runner.wait()}; its last lines say why")
    print("stopped; the next run finishes a month that was under way")


def run_on(cron: str) -> None:
    """The runner: starts the flow at its times, as a process of its own; what it missed while it was down, in turn."""
    retraining.serve(
        name="monthly", cron=cron, limit=1, print_starting_message=False, entrypoint_type=EntrypointType.MODULE_PATH
    )


def main(words: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="flow", description="Watch a month, retrain if needed, promote what wins.")
    commands = parser.add_subparsers(dest="command", required=True)
    now = commands.add_parser("once", help="run the flow now")
    now.add_argument("--month", help="like 2013-07; the next undecided month by default")
    later = commands.add_parser("schedule", help="serve the flow on its schedule until Ctrl-C")
    runner = commands.add_parser("runner", help="what `schedule` starts; needs PREFECT_API_URL")
    for command in (later, runner):
        command.add_argument("--cron", default=RETRAIN.cron, help=f"instead of params.yaml's {RETRAIN.cron!r}")
    chosen = parser.parse_args(words)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the server goes down with us
    if chosen.command == "once":
        once(chosen.month)
    elif chosen.command == "schedule":
        schedule(chosen.cron)
    else:
        run_on(chosen.cron)


if __name__ == "__main__":
    with one_sentence():
        from .flow import main as start  # by its importable name, which is what runners and workers import

        start()
