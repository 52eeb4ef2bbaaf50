"""What the monitor found on the newest month, as metrics for Prometheus: `python -m <package>.exporter`.

The service knows what it was asked, not whether the world has moved: that is worked out once a month and written to
`reports/drift/`. Every scrape reads the newest summary there, so a new month shows without a restart.
"""

from __future__ import annotations

import argparse
import re
import signal
from collections.abc import Iterator

from prometheus_client import REGISTRY, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from .config import Paths, one_sentence, paths
from .model import read_json

MONTH = re.compile(r"\d{4}-\d{2}\.summary\.json")


class Monitored(Collector):
    """The newest month's summary, read again for every scrape."""

    def __init__(self, at: Paths) -> None:
        self._folder = at.reports / "drift"

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Gauges with the labels `month` and `model_version`; none before the first month was compared."""
        months = sorted(file for file in self._folder.glob("*.summary.json") if MONTH.fullmatch(file.name))
        if not months:
            return
        found = read_json(months[-1])
        labels = [found["month"], str(found["model_version"])]
        values = {
            "monitor_drift_share": ("share of the columns that drifted", found["drift_share"]),
            "monitor_decayed": ("1 if the champion is worse than at its promotion", float(found["decayed"])),
            "monitor_rows": ("flights compared", found["rows"]),
            "monitor_pr_auc": ("PR-AUC of the champion on the month", found["pr_auc"]),
            "monitor_pr_auc_at_promotion": ("PR-AUC it was promoted with", found["pr_auc_at_promotion"]),
            "monitor_written_timestamp_seconds": ("when the month was compared", months[-1].stat().st_mtime),
        }
        for name, (meaning, value) in values.items():
            if value is not None:
                gauge = GaugeMetricFamily(name, meaning, labels=["month", "model_version"])
                gauge.add_metric(labels, value)
                yield gauge


def main(words: list[str] | None = None) -> None:
    """Serve /metrics until Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser(prog="exporter", description="The newest drift summary as Prometheus metrics.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9109)
    chosen = parser.parse_args(words)
    with one_sentence():
        REGISTRY.register(Monitored(paths()))
        server, thread = start_http_server(chosen.port, chosen.host)
        print(f"http://{chosen.host}:{chosen.port}/metrics", flush=True)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: server.shutdown())
        thread.join()


if __name__ == "__main__":
    main()
