"""Tell people: one webhook (Slack, Mattermost, Teams or anything that takes JSON), if `NOTIFY_WEBHOOK` sets one.

The address often carries a secret, so it comes from the environment, never from a file in git, and is never
printed. A notification that can't be sent is reported and forgotten: telling must not fail the work told about.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import urllib.error
import urllib.request

TIMEOUT_SECONDS = 5


def notify(text: str) -> bool:
    """Send one line to the webhook; False (and a sentence on stderr) if it could not be sent, or none is set."""
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
