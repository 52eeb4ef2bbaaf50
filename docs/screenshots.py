"""The pictures of the documentation: `nox -s screenshots` makes them anew from what the program writes today."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
KIT = str(Path(sys.executable).with_name("kit"))
TAKEN = {"ada": (), "ben": ("tests", "ops", ".github"), "cleo": ("tests", "ops", ".github", "docs", "Dockerfile")}
WIDE = {"width": 1000, "height": 700}
PAGES = {"report": "ben.html", "comparison": "candidates.html", "interview": "interview.html"}


def main() -> None:
    """Make three candidates as the tutorial of the lead does, and take a picture of each page about them."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        for name, gone in TAKEN.items():
            run(folder, "new", name, "--defaults", "--no-sync", "--quiet")
            for path in gone:
                place = Path(folder, name, path)
                shutil.rmtree(place) if place.is_dir() else place.unlink()
        run(folder, "audit", "ben", "--quiet", "-o", "ben.html")
        run(folder, "compare", *TAKEN, "--quiet", "-o", "candidates.html")
        run(folder, "interview", "ben", "--quiet", "-o", "interview.html")
        page = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"]).new_page(viewport=WIDE)
        (HERE / "img").mkdir(exist_ok=True)
        for name, file in PAGES.items():
            page.goto(Path(folder, file).as_uri())
            page.screenshot(path=HERE / "img" / f"{name}.png")


def run(folder: str, *words: str) -> None:
    """Run `kit`."""
    subprocess.run([KIT, *words], cwd=folder, check=True)  # noqa: S603 - our own program and words


if __name__ == "__main__":
    main()
