"""Races: files that change while they are read, and a user who changes his mind.

A user would notice a wrong file in the report, a half-written report, or a process that is still there.
"""

from __future__ import annotations

from hostile.case import hostile, scaled
from hostile.threats.leaks import OUTSIDE, outside
from hostile.workshop import Workshop


def changing(shop: Workshop, files: int) -> None:
    """A project with a folder `data` of small modules that the runner will disturb."""
    shop.project()
    for number in range(files):
        shop.write(f"data/m{number:04d}.py", f"x = {number}\n" * 20)


@hostile(disturbed=True)
def files_change(shop: Workshop) -> None:
    """Files grow, shrink, vanish, and become folders, links and pipes while the audit runs."""
    changing(shop, 800)


@hostile(disturbed=True, unsaid=(OUTSIDE,))
def files_become_links_out(shop: Workshop) -> None:
    """The same, with links that lead to what stands outside the tree."""
    outside(shop)
    changing(shop, 600)


@hostile(disturbed=True, inside=True)
def files_change_where_one_stands(shop: Workshop) -> None:
    """The same with a repository, in the folder one stands in."""
    changing(shop, 300)
    shop.committed(2)


def busy(shop: Workshop) -> None:
    """A tree that keeps an audit busy for a while."""
    body = "import os\n" + "".join(f"def f{n}(a, b=[]):\n    return a.fit(b, c={n})\n" for n in range(1500))
    shop.project(**{f"src/m{number}.py": body + f"X = {number}\n" for number in range(scaled(40))})


@hostile(ending="interrupted", interrupt=1.0)
def interrupted(shop: Workshop) -> None:
    """Ctrl-C in the middle: it ends within a second and leaves no file, no process and no half report."""
    busy(shop)


@hostile(ending="interrupted", interrupt=0.6, inside=True)
def interrupted_early(shop: Workshop) -> None:
    """Ctrl-C while the program has hardly started."""
    busy(shop)
