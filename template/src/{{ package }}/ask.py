"""Ask the running service about one flight, as a client would: plain JSON over HTTP."""

from __future__ import annotations

import json
import os
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from .config import ProjectError, load_params, one_sentence
from .schema import EXAMPLE


def main() -> None:
    """Send the example flight and show question and answer."""
    url = os.environ.get("SERVICE_URL") or f"http://127.0.0.1:{load_params().serving.port}"
    body = json.dumps({"flights": [EXAMPLE.model_dump(mode="json")]}, indent=2)
    request = Request(f"{url}/predict", body.encode(), {"Content-Type": "application/json"})  # noqa: S310
    try:
        with urlopen(request, timeout=10) as answer:  # noqa: S310
            text = answer.read()
    except HTTPError as error:
        raise ProjectError(f"{url} answered {error.code}: {error.read().decode(errors='replace')[:500]}") from error
    except URLError as error:
        raise ProjectError(f"no service answers at {url} ({error.reason}): start it with `nox -s serve`") from error
    print(f"POST {url}/predict\n{body}\n-> {json.dumps(json.loads(text), indent=2)}")


if __name__ == "__main__":
    with one_sentence():
        main()
