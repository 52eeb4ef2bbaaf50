"""Trees that cannot be walked: too many, too deep, in a circle, or made of things that are no files.

A user would notice an audit that waits for ever at a pipe, or fills the memory from a device.
"""

from __future__ import annotations

import os
import socket
import stat

from hostile.case import hostile, scaled
from hostile.workshop import Workshop


@hostile(seconds=90, megabytes=900)
def many_files(shop: Workshop) -> None:
    """Thousands of tiny files."""
    shop.project()
    for number in range(scaled(8000)):
        folder = shop.tree / "data" / f"{number // 1000:04d}"
        if number % 1000 == 0:
            folder.mkdir(parents=True)
        (folder / f"f{number}.py").touch()


@hostile(seconds=60)
def many_folders(shop: Workshop) -> None:
    """Thousands of folders, each a project of its own by its marks."""
    shop.project()
    for number in range(scaled(400)):
        shop.write(f"parts/p{number}/pyproject.toml", f'[project]\nname = "p{number}"\nversion = "1"\n')
        shop.write(f"parts/p{number}/train.py", "from sklearn.svm import SVC\n\nSVC().fit([[0]], [0])\n")
        shop.write(f"parts/p{number}/dvc.yaml", "stages:\n  train:\n    cmd: python train.py\n")
        shop.write(f"parts/p{number}/README.md", f"# Part {number}\n")


@hostile()
def deep_folders(shop: Workshop) -> None:
    """A path far longer than a path can be."""
    shop.project()
    place = os.open(shop.tree, os.O_RDONLY)
    for number in range(600):
        os.mkdir("d" * 12, dir_fd=place)
        inner = os.open("d" * 12, os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = inner
        if number % 100 == 0:
            os.close(os.open("a.py", os.O_CREAT | os.O_WRONLY, dir_fd=place))
    os.close(place)


@hostile(seconds=30)
def pipes_sockets_devices(shop: Workshop) -> None:
    """Pipes, a socket and devices with the names of files that are always read."""
    shop.project(without=["Dockerfile"])
    for name in (
        "requirements.txt",
        "LICENSE",
        "src/pipe.py",
        "notebooks/p.ipynb",
        ".env",
        "CODEOWNERS",
        "uv.lock",
        "Dockerfile",
    ):
        os.mkfifo(shop.tree / name)
    place = os.open(shop.tree, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(f"/proc/self/fd/{place}/Makefile")  # the name of a socket must be short
    finally:
        os.close(place)
    if os.geteuid() == 0:
        for name, minor in (("data.csv", 5), ("src/zero.py", 5), ("random.py", 8), ("kit.toml", 5)):
            try:
                os.mknod(shop.tree / name, stat.S_IFCHR | 0o666, os.makedev(1, minor))
            except OSError:
                continue  # not allowed in this container


@hostile(seconds=30)
def pipes_in_place_of_folders(shop: Workshop) -> None:
    """`.git`, `.github`, `.dvc` and `src` are pipes or empty files."""
    shop.write("README.md", "# Pipes\n")
    for name in (".git", ".github", ".dvc", "kit.toml", "pyproject.toml"):
        os.mkfifo(shop.tree / name)
    shop.write("src", "")


@hostile(seconds=30)
def links_in_a_circle(shop: Workshop) -> None:
    """Links to themselves, to each other, to folders above, in long chains, to nothing."""
    shop.project()
    for path, target in {
        "self": "self",
        "a": "b",
        "b": "a",
        "src/up": "..",
        "dot": ".",
        "src/churn/top": "../..",
    }.items():
        shop.link(path, target)
    for number in range(45):
        shop.link(f"chain{number}", f"chain{number + 1}")
    for name in ("requirements.txt", "LICENSE", "uv.lock"):
        shop.link(name, "/nonexistent/x")
    shop.committed()


@hostile(seconds=30, megabytes=500)
def links_to_devices(shop: Workshop) -> None:
    """Names that are always read are links to devices and to the memory of processes."""
    shop.project()
    for name, target in {
        "requirements.txt": "/dev/zero",
        "LICENSE": "/dev/stdin",
        "uv.lock": "/proc/kcore",
        "src/t.py": "/dev/tty",
        ".env": "/proc/self/mem",
        "Makefile": "/dev/random",
        "notebooks/z.ipynb": "/dev/zero",
        "kit.toml": "/dev/zero",
        "pyproject.toml": "/dev/stdin",
    }.items():
        shop.link(name, target)
    shop.committed()


@hostile()
def empty_files(shop: Workshop) -> None:
    """Every file that one expects is there, and empty."""
    names = "README.md pyproject.toml dvc.yaml dvc.lock params.yaml metrics.json Dockerfile requirements.txt n.ipynb .gitignore "
    names += ".github/workflows/ci.yml uv.lock LICENSE Makefile MLproject bentofile.yaml src/a.py tests/test_a.py .dvc/config .git kit.toml"
    for name in names.split():
        shop.write(name)


@hostile(ending="either")
def empty_folder(shop: Workshop) -> None:
    """There is nothing in the folder."""


@hostile(ending="either")
def pictures_only(shop: Workshop) -> None:
    """A folder of holiday pictures."""
    shop.write("img/a.jpg", b"\xff\xd8\xff\xe0" + os.urandom(5000))
    shop.write("notes.txt", "Hi")


@hostile(ending="either")
def one_file(shop: Workshop) -> None:
    """The target is one notebook, with a name that would be an option."""
    from hostile.workshop import notebook

    shop.write("--output=x.ipynb", notebook("import os\n"))
    shop.target = str(shop.tree / "--output=x.ipynb")


@hostile(ending="either")
def one_endless_file(shop: Workshop) -> None:
    """The target is one sparse file of eight gigabytes."""
    shop.target = str(shop.write("a.py", "x = 1\n"))
    os.truncate(shop.target, 8 << 30)
