"""Tell people: one webhook (Slack, Mattermost, Teams or anything that takes JSON), if `NOTIFY_WEBHOOK` sets one.

Each message names the section of the runbook that says what to do. Every one is kept in `reports/alerts.jsonl`, for
the status page. The address often carries a secret, so it comes from the environment, never from a file in git, and is
never printed. A notification that can't be sent is reported and forgotten: telling must not fail the work told about.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Literal

from .config import Paths, load_params

TIMEOUT_SECONDS = 5
Kind = Literal["drift", "decay", "promoted", "kept", "quiet", "data", "failure"]
# The heading of docs/runbook.md that helps with each kind, as its address writes it.
SECTIONS: dict[Kind, str] = {
    "drift": "drift",
    "decay": "drift",
    "promoted": "bad-deploy",
    "kept": "drift",
    "quiet": "drift",
    "data": "data-outage",
    "failure": "failed-retraining",
}


@dataclass(frozen=True)
class Alert:
    """A message as it was sent, or not sent."""

    time: str
    kind: Kind
    text: str
    runbook: str
    sent: bool


def notify(kind: Kind, text: str, at: Paths) -> bool:
    """Send some words and the link of the runbook's section; False if they could not be sent, or no webhook is set.

    What was sent already is not sent again: a flow that was killed after telling tells once, and so does a month that
    is watched every day. A failure is told each time.
    """
    link = f"{load_params(at.params).notify.runbook}#{SECTIONS[kind]}"
    before = {old.sent for old in alerts(at) if (old.kind, old.text) == (kind, text) and kind != "failure"}
    if True in before:
        return True
    sent = post(f"{text}\nWhat to do: {link}")
    if sent in before:
        return sent
    alert = Alert(datetime.now(UTC).isoformat(timespec="seconds"), kind, text, link, sent)
    file = at.reports / "alerts.jsonl"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as log:
            log.write(json.dumps(asdict(alert)) + "\n")
    except OSError as error:
        print(f"{file} can't be written ({error.strerror}); the status page will not show: {text}", file=sys.stderr)
    return sent


def alerts(at: Paths) -> list[Alert]:
    """Every message so far, oldest first; a line that a power cut left half written is passed over."""
    file = at.reports / "alerts.jsonl"
    found = []
    for line in file.read_text(encoding="utf-8").splitlines() if file.is_file() else []:
        try:
            found.append(Alert(**json.loads(line)))
        except (ValueError, TypeError):
            continue
    return found


def post(text: str) -> bool:
    """The message as Slack and those like it take it; False, and a sentence on stderr, if it did not get there."""
    url = os.environ.get("NOTIFY_WEBHOOK", "").strip()
    if not url:
        return False
    if not url.startswith(("https://", "http://")):
        print("NOTIFY_WEBHOOK is not an http(s) address; nobody was notified", file=sys.stderr)
        return False
    body = json.dumps({"text": text}).encode()
    try:
        request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310 - scheme checked above
            return True
    except (OSError, ValueError, http.client.HTTPException) as error:  # URLError and timeouts are OSErrors
        reason = f"HTTP {error.code}" if isinstance(error, urllib.error.HTTPError) else type(error).__name__
        print(f"the webhook could not be reached ({reason}); nobody was notified", file=sys.stderr)
        return False
