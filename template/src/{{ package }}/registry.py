"""The registry's commands: promote, rollback, history.

MLflow keeps the versions and who is who by alias (champion, challenger, previous). The service follows none of
that: it follows `models/serving/current.json`, which is replaced in one step after the version is exported beside
it. So a registry that is down never takes the service with it, and a switch is over within a second.
"""

from __future__ import annotations

import argparse
import getpass
import os
import shutil
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .config import MODEL_NAME, Paths, ProjectError, load_params, one_sentence, paths
from .model import MANIFEST, METRICS, MODEL, copy_bundle, read_json, sha256, write_json
from .serving import CHALLENGER, CURRENT
from .tracking import connect

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.tracking import MlflowClient

EVENT = "event_"  # how the tags begin that say what happened to a version, in order


def alias(client: MlflowClient, name: str) -> ModelVersion | None:
    """The version that holds an alias."""
    from mlflow.exceptions import MlflowException

    try:
        return client.get_model_version_by_alias(MODEL_NAME, name)
    except MlflowException:
        return None


def promote(why: str, who: str | None = None, at: Paths | None = None) -> str:
    """Challenger -> champion, champion -> previous. Every step can be repeated after a crash in the middle."""
    at = at or paths()
    client = connect(at)
    challenger, champion = alias(client, "challenger"), alias(client, "champion")
    if challenger is None:
        raise ProjectError(
            "there is no challenger to promote: `uv run nox -s pipeline` or `uv run nox -s retrain` may make one"
        )
    version = str(challenger.version)
    if challenger.tags.get("gate") != "passed":
        raise ProjectError(f"version {version} did not pass the gate, so it is not promoted")
    against = challenger.tags.get("gate_champion", "none")
    present = str(champion.version) if champion else "none"
    if present not in (against, version):
        raise ProjectError(
            f"version {version} was judged against champion {against}, but the champion is {present} now: "
            "evaluate it again with `uv run dvc repro --force evaluate register`"
        )
    export(client, challenger, at)
    point(version, at)
    (at.serving / CHALLENGER).unlink(missing_ok=True)
    if champion and str(champion.version) != version:
        client.set_registered_model_alias(MODEL_NAME, "previous", champion.version)
    client.set_registered_model_alias(MODEL_NAME, "champion", version)
    if present != version or not noted(challenger.tags):  # else a run was killed between here and the next line
        note(client, version, "promoted", why, who)
    client.delete_registered_model_alias(MODEL_NAME, "challenger")  # last: its absence says that all is done
    former = f", version {present} is previous" if present not in ("none", version) else ""
    print(f"version {version} is champion now{former}")
    return version


def put_on_trial(at: Paths | None = None) -> str | None:
    """Try the challenger on real traffic before it is promoted, in shadow or on a share of it (`serving.challenger`).

    Only beside a champion that answers; promoting ends it. Returns the version, None when there is nothing to try.
    """
    at = at or paths()
    client = connect(at)
    challenger, trial = alias(client, "challenger"), load_params(at.params).serving.challenger
    if challenger is None or trial.mode == "off" or not (at.serving / CURRENT).is_file():
        return None
    version = str(challenger.version)
    export(client, challenger, at)
    point(version, at, CHALLENGER)
    part = "runs in shadow of the champion" if trial.mode == "shadow" else f"answers {trial.share:.0%} of the requests"
    print(f"version {version} {part}; `uv run nox -s promote` lets it answer all of them")
    return version


def rollback(why: str, who: str | None = None, at: Paths | None = None) -> str:
    """Champion and previous change places; the service answers with the former version about a second later."""
    at = at or paths()
    client = connect(at)
    champion, previous = alias(client, "champion"), alias(client, "previous")
    if previous is None or champion is None:
        raise ProjectError("there is no previous version to go back to: only one model was promoted so far")
    back, gone = str(previous.version), str(champion.version)
    export(client, previous, at)
    point(back, at)
    client.set_registered_model_alias(MODEL_NAME, "champion", back)
    client.set_registered_model_alias(MODEL_NAME, "previous", gone)
    note(client, gone, "rolled back", why, who)
    print(f"rolled back: version {back} is champion again, version {gone} is previous")
    return back


def export(client: MlflowClient, version: ModelVersion, at: Paths) -> None:
    """Put a version's files where the service reads them, whole or not at all."""
    name = str(version.version)
    home, expected = at.serving / name, version.tags["model_sha256"]
    if (home / MODEL).is_file() and (home / MANIFEST).is_file() and sha256(home / MODEL) == expected:
        return
    at.serving.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".export-", dir=at.serving) as scratch:
        bundle = Path(client.download_artifacts(version.run_id, "bundle", scratch))
        if (found := sha256(bundle / MODEL)) != expected:
            raise ProjectError(
                f"the stored model of version {name} was changed: sha256 {found[:12]}, not {expected[:12]}"
            )
        measured = read_json(bundle / METRICS)["challenger"]
        manifest = read_json(bundle / MANIFEST) | {"version": name, "promoted_at": now(), "metrics": measured}
        ready = Path(scratch) / "ready"
        copy_bundle(bundle, ready)
        write_json(ready / MANIFEST, manifest)
        shutil.rmtree(home, ignore_errors=True)
        ready.rename(home)


def point(version: str, at: Paths, pointer: str = CURRENT) -> None:
    """Replace a pointer in one step."""
    manifest = read_json(at.serving / version / MANIFEST)
    write_json(at.serving / pointer, {"version": version, "sha256": manifest["sha256"]})


def note(client: MlflowClient, version: str, event: str, why: str, who: str | None) -> None:
    """Who or what did it, when and why, on the version, behind what was noted before."""
    before = noted(client.get_model_version(MODEL_NAME, version).tags)
    text = f"{event} {now()} by {who or person()}: {why}"
    client.set_model_version_tag(MODEL_NAME, version, f"{EVENT}{len(before) + 1:03}", text)


def noted(tags: Mapping[str, str]) -> list[str]:
    """What happened to a version, in order."""
    return [tags[name] for name in sorted(tags) if name.startswith(EVENT)]


def now() -> str:
    """UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def person() -> str:
    """Who runs this: the person for whom CI runs (GitHub, GitLab), else the user."""
    try:
        return os.environ.get("GITHUB_ACTOR") or os.environ.get("GITLAB_USER_LOGIN") or getpass.getuser()
    except (OSError, KeyError):  # a container whose user has no name
        return "unknown"


def history(at: Paths | None = None) -> list[dict[str, Any]]:
    """Every version with its aliases and tags, newest first."""
    from mlflow.exceptions import MlflowException

    client = connect(at or paths())
    try:
        aliases = client.get_registered_model(MODEL_NAME).aliases
    except MlflowException:
        return []
    found = client.search_model_versions(f"name = '{MODEL_NAME}'")
    return [
        {
            "version": str(v.version),
            "aliases": sorted(a for a, n in aliases.items() if str(n) == str(v.version)),
            **v.tags,
        }
        for v in sorted(found, key=lambda version: -int(version.version))
    ]


def show(versions: list[dict[str, Any]]) -> None:
    """History as a table of lines."""
    for one in versions:
        aliases = ", ".join(one["aliases"]) or "-"
        code = one["git_commit"][:10] + (" with changes" if one.get("git_dirty") == "true" else "")
        print(f"version {one['version']} [{aliases}] {one['window']}; commit {code}")
        for event in noted(one):
            print(f"    {event}")
    if not versions:
        print("no version is registered yet: run `uv run nox -s pipeline`")


def main(words: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="registry", description="Which model version answers.")
    parser.add_argument("command", choices=["promote", "rollback", "history"])
    parser.add_argument("--why", default="by hand", help="kept on the version")
    chosen = parser.parse_args(words)
    if chosen.command == "promote":
        promote(chosen.why)
    elif chosen.command == "rollback":
        rollback(chosen.why)
    else:
        show(history())


if __name__ == "__main__":
    with one_sentence():
        main()
