"""Leaks: files outside the tree, and the auditor's own environment, in a report that is handed on.

A user would notice the keys of the own machine in a report about a stranger's repository.
"""

from __future__ import annotations

import os

from hostile.case import hostile, told
from hostile.workshop import Workshop, notebook

OUTSIDE = "OUTSIDE_" + "b81f0c2e77"


def outside(shop: Workshop) -> None:
    """Files beside the tree that must not be read."""
    place = shop.folder / "outside"
    (place / "more").mkdir(parents=True)
    text = f"# {OUTSIDE}\npassword = '{OUTSIDE}'\n"
    for name in ("README.md", ".env", "x.py", "x.yaml", "more/y.py"):
        (place / name).write_text(text)
    (place / "n.ipynb").write_text(notebook(text))


@hostile(unsaid=(OUTSIDE,), holds=told("README.md", ".env", "src/ext", "LICENSE"))
def links_out_of_the_tree(shop: Workshop) -> None:
    """Documents, settings, notebooks and folders are links to what stands outside."""
    shop.project()
    outside(shop)
    place = shop.folder / "outside"
    for path, target in {
        "README.md": place / "README.md",
        ".env": "../outside/.env",
        "src/ext": place,
        "params.yaml": "../outside/x.yaml",
        "notebooks/n.ipynb": place / "n.ipynb",
        "rootfs": "/",
        "environ.txt": "/proc/self/environ",
        "LICENSE": "/etc/passwd",
        "src/x.py": "/proc/self/cwd/../outside/x.py",
        "Makefile": "/proc/self/environ",
        "tests/conftest.py": place / "x.py",
    }.items():
        shop.link(path, target)
    shop.committed()


@hostile(unsaid=(OUTSIDE,))
def paths_out_of_the_tree(shop: Workshop) -> None:
    """Files that are named by files: includes, anchors, requirements, settings and cells that climb out."""
    outside(shop)
    up = "../outside"
    shop.project(
        **{
            "requirements.txt": f"-r {up}/README.md\n-c /etc/passwd\n-e {up}\n",
            "dvc.yaml": f"vars: [{up}/x.yaml]\nstages: {{}}\n",
            "Makefile": f"include {up}/x.py\nrun:\n\tpython {up}/x.py\n\tsh < {shop.folder}/outside/.env\n",
            ".gitlab-ci.yml": f"include: {up}/x.yaml\n",
            "run.sh": f". {up}/.env\npython {shop.folder}/outside/x.py\n",
            "docker-compose.yml": f"services:\n  a:\n    env_file: {up}/.env\n    extends:\n      file: {up}/x.yaml\n",
            "notebooks/run.ipynb": notebook(f"%run {up}/x.py\n"),
            "pyproject.toml": f'[tool.ruff]\nextend = "{up}/x.toml"\n',
            ".github/workflows/ci.yml": f"on: push\njobs:\n  a:\n    uses: ./{up}/x.yaml\n",
            "ruff.toml": f'extend = "{up}/x"\n',
        }
    )


@hostile(unsaid=(OUTSIDE,), ending="either")
def a_file_with_two_names(shop: Workshop) -> None:
    """The target is a link to a file outside that is not the kind of thing that is audited."""
    outside(shop)
    (shop.folder / "look.txt").symlink_to(shop.folder / "outside/.env")
    shop.target = str(shop.folder / "look.txt")


@hostile(unsaid=(OUTSIDE,))
def git_directory_is_a_link(shop: Workshop) -> None:
    """`.git` is a link to the repository of somebody else, whose history holds what must not come out."""
    other = shop.folder / "other"
    other.mkdir()
    (other / "a.py").write_text("x = 1\n")
    shop.git("init", "--quiet", at=other)
    shop.git("add", "--all", at=other)
    shop.git("commit", "--quiet", "--message", OUTSIDE, at=other)
    shop.project()
    shop.link(".git", other / ".git")


@hostile(ending="either")
def target_is_a_link(shop: Workshop) -> None:
    """The tree itself is named by a link: following it is the user's own wish."""
    shop.project().committed()
    (shop.folder / "link").symlink_to("tree")
    shop.target = str(shop.folder / "link")


@hostile()
def unreadable_by_permission(shop: Workshop) -> None:
    """Files and folders that may not be read (this proves nothing for root)."""
    shop.project()
    os.chmod(shop.write("src/closed.py", "x = 1\n"), 0)
    shop.write("closed/a.py", "x = 1\n")
    os.chmod(shop.tree / "closed", 0o300)
