"""What a git would run: every place where a repository can name a command that "only reading" starts.

A user would notice a stranger's program running on the own machine, with the own keys.
"""

from __future__ import annotations

import os

from hostile.case import hostile
from hostile.workshop import Workshop

HOOKS = (
    "post-checkout post-index-change reference-transaction post-merge pre-auto-gc pre-commit fsmonitor-watchman "
    "post-commit post-rewrite sendemail-validate proc-receive"
)
DRIVERS = """[filter "any"]
\tclean = {spy}
\tsmudge = {spy}
\tprocess = {spy}
[diff "any"]
\ttextconv = {spy}
\tcommand = {spy}
[merge "any"]
\tdriver = {spy}
[diff]
\texternal = {spy}
[core]
\tfsmonitor = {spy}
\tpager = {spy}
\teditor = {spy}
\taskPass = {spy}
[pager]
\tlog = {spy}
"""


@hostile()
def git_fsmonitor(shop: Workshop) -> None:
    """`core.fsmonitor` runs on status, ls-files, diff, blame and grep."""
    shop.project().committed(2).configure(f"[core]\n\tfsmonitor = {shop.spy('fsmonitor')}\n")
    shop.stale()


@hostile()
def git_hooks(shop: Workshop) -> None:
    """Hooks, in their own folder and in one that the configuration names; one fires on a mere status."""
    shop.project().committed(2)
    for folder in (".git/hooks", ".git/others"):
        for name in HOOKS.split():
            shop.write(f"{folder}/{name}", f"#!/bin/sh\n{shop.touch(f'hook-{name}')}\n", executable=True)
    shop.configure("[core]\n\thooksPath = .git/others\n")
    shop.stale()


@hostile()
def git_filter_process(shop: Workshop) -> None:
    """A long-running filter of any name, which status and diff start for files that look changed."""
    shop.project(**{".gitattributes": "* filter=any\n"}).committed(2)
    shop.configure(f'[filter "any"]\n\tprocess = {shop.spy("process", "exit 1")}\n')
    shop.stale()


@hostile()
def git_diff_drivers(shop: Workshop) -> None:
    """External diff, its commands and text converters, a merge driver."""
    shop.project(**{".gitattributes": "*.py diff=one merge=any\n*.md diff=two\n"}).committed(3)
    spy = shop.spy("diff")
    shop.configure(f'[diff]\n\texternal = {spy}\n[diff "one"]\n\tcommand = {spy}\n\ttextconv = {spy}\n')
    shop.configure(f'[diff "two"]\n\ttextconv = {spy}\n[merge "any"]\n\tdriver = {spy}\n')
    shop.stale()


@hostile()
def git_every_driver(shop: Workshop) -> None:
    """All of them at once: readers written in Python run clean and process filters too."""
    shop.project(**{".gitattributes": "* filter=any diff=any merge=any\n"}).committed(2)
    shop.configure(DRIVERS.format(spy=shop.spy("driver", "cat")))
    shop.stale()


@hostile()
def git_gpg_program(shop: Workshop) -> None:
    """A signed commit, and a program that is to check signatures: every log runs it."""
    shop.project().committed()
    people = "author a <a@b> 1700000000 +0000\ncommitter a <a@b> 1700000000 +0000\n"
    signed = f"tree {shop.git('rev-parse', 'HEAD^{tree}')}\n{people}gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n"
    signed += " -----END PGP SIGNATURE-----\n\nsigned\n"
    made = shop.git("hash-object", "-t", "commit", "-w", "--stdin", "--literally", data=signed.encode())
    shop.git("update-ref", "HEAD", made)
    spy = shop.spy("gpg")
    shop.configure(f'[log]\n\tshowSignature = true\n[gpg]\n\tprogram = {spy}\n[gpg "ssh"]\n\tprogram = {spy}\n')


def without_object(shop: Workshop, revision: str) -> None:
    """Take away one object, which a partial clone would fetch when it is asked for."""
    name = shop.git("rev-parse", revision)
    (shop.tree / ".git/objects" / name[:2] / name[2:]).unlink()


@hostile()
def git_lazy_fetch_helper(shop: Workshop) -> None:
    """A missing object and a promisor remote whose address is a command."""
    shop.project().committed(3)
    without_object(shop, "HEAD~1:src/churn/features.py")
    address = f'url = "ext::{shop.spy("lazy-helper", "exit 1")}"\n\tpromisor = true\n\tpartialCloneFilter = blob:none'
    shop.configure(f'[remote "origin"]\n\t{address}\n[protocol "ext"]\n\tallow = always\n')


@hostile()
def git_lazy_fetch_ssh(shop: Workshop) -> None:
    """The same through the command that stands for ssh."""
    shop.project().committed(3)
    without_object(shop, "HEAD:README.md")
    address = "url = ssh://git@127.0.0.1/x\n\tpromisor = true\n\tpartialCloneFilter = blob:none"
    shop.configure(f'[core]\n\tsshCommand = {shop.spy("lazy-ssh", "exit 1")}\n[remote "origin"]\n\t{address}\n')


@hostile()
def git_file_points_into_the_tree(shop: Workshop) -> None:
    """`.git` is a file that leads to a hostile git directory hidden among the data."""
    shop.project().committed()
    (shop.tree / ".git").rename(shop.tree / "data_cache")
    shop.write(".git", "gitdir: ./data_cache\n")
    shop.configure(f"[core]\n\tfsmonitor = {shop.spy('redirected')}\n", "data_cache")
    shop.stale()


@hostile()
def git_file_chain(shop: Workshop) -> None:
    """`.git` is a file that leads to a file that leads to a file, in the end to itself."""
    shop.project()
    for number in range(50):
        shop.write(f"d{number}/.git", f"gitdir: ../d{(number + 1) % 50}/.git\n")
    shop.write(".git", "gitdir: d0/.git\n")


@hostile()
def git_file_of_a_gigabyte(shop: Workshop) -> None:
    """`.git` is a sparse file of a gigabyte that begins like a pointer."""
    shop.project().write(".git", "gitdir: ")
    os.truncate(shop.tree / ".git", 1 << 30)


@hostile()
def git_common_directory_elsewhere(shop: Workshop) -> None:
    """`commondir` and `worktrees` send git to another directory with its own configuration."""
    shop.project().committed(2)
    other = shop.folder / "other"
    shop.git("init", "--quiet", "--bare", str(other))
    (other / "config").write_text(f"[core]\n\tbare = false\n\tfsmonitor = {shop.spy('commondir')}\n")
    shop.write(".git/commondir", f"{other}\n")
    shop.write(".git/config.worktree", f"[core]\n\tfsmonitor = {shop.spy('worktree-config')}\n")
    shop.configure("[extensions]\n\tworktreeConfig = true\n")
    shop.stale()


@hostile()
def git_included_configuration(shop: Workshop) -> None:
    """The configuration includes a file of the tree, and itself, and one by condition."""
    shop.project().committed(2)
    shop.write("settings.inc", DRIVERS.format(spy=shop.spy("included")))
    shop.configure("[include]\n\tpath = ../settings.inc\n\tpath = config\n\tpath = /dev/zero\n")
    shop.configure('[includeIf "gitdir:/"]\n\tpath = ../settings.inc\n')
    shop.stale()


@hostile()
def git_alias_and_helpers(shop: Workshop) -> None:
    """Aliases with the names of real commands, credential helpers, a trace file, an index in another place."""
    shop.project().committed(2)
    spy = shop.spy("alias")
    names = ("log", "rev-list", "cat-file", "ls-tree", "status", "ls-files")
    aliases = "".join(f'\t{name} = "!{spy}"\n' for name in names)
    shop.configure(f'[alias]\n{aliases}[credential]\n\thelper = "!{spy}"\n[core]\n\tgitProxy = {spy}\n')
    shop.configure(f"[trace2]\n\tnormalTarget = {shop.canary('trace')}\n\teventTarget = {shop.canary('events')}\n")


@hostile(environment={"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.fsmonitor", "GIT_CONFIG_VALUE_0": "false"})
def git_variables_of_the_caller(shop: Workshop) -> None:
    """The caller's own `GIT_*` variables are not mixed with what the repository asks for."""
    shop.project(**{".gitattributes": "* filter=any diff=any\n"}).committed(2)
    shop.configure(DRIVERS.format(spy=shop.spy("variables", "cat")))
    shop.stale()


@hostile(environment={"GIT_DIR": "/nonexistent", "GIT_WORK_TREE": "/", "GIT_INDEX_FILE": "/dev/zero"})
def git_directory_of_the_caller(shop: Workshop) -> None:
    """An audit inside a hook of the caller's own repository reads the tree that it was given, not the caller's."""
    shop.project().committed(2)


@hostile()
def git_attributes_of_every_kind(shop: Workshop) -> None:
    """Attribute files with macros, a hundred thousand patterns and working-tree encodings, at every level."""
    patterns = "".join(f"**/*{n}*/**/*.py filter=any working-tree-encoding=UTF-16 eol=crlf\n" for n in range(20_000))
    macros = "".join(f"[attr]m{n} m{n + 1} m{n - 1}\n" for n in range(1, 500))
    shop.project(**{".gitattributes": macros + patterns, "src/.gitattributes": patterns[:10_000]}).committed(2)
    shop.write(".git/info/attributes", "* filter=any diff=any export-subst ident\n")
    shop.configure(DRIVERS.format(spy=shop.spy("attributes", "cat")))
    shop.stale()


@hostile()
def git_embedded_bare(shop: Workshop) -> None:
    """The root looks like a bare repository by itself: this survives being committed and cloned."""
    shop.project(HEAD="ref: refs/heads/main\n")
    for folder in ("objects", "refs"):
        (shop.tree / folder).mkdir()
    settings = f'\tbare = false\n\tworktree = .\n\tfsmonitor = "{shop.touch("bare")} #"\n'
    shop.write("config", f"[core]\n\trepositoryformatversion = 0\n{settings}")


@hostile()
def git_nested_repositories(shop: Workshop) -> None:
    """Hostile repositories in sub-folders, for a reader that calls git file by file."""
    shop.project().committed()
    for folder in ("src", "vendor/lib"):
        (shop.tree / folder).mkdir(parents=True, exist_ok=True)
        shop.git("init", "--quiet", at=shop.tree / folder)
        shop.configure(DRIVERS.format(spy=shop.spy("nested")), f"{folder}/.git")


@hostile()
def git_parent_discovery(shop: Workshop) -> None:
    """The audited folder is no repository, but a folder above it is a hostile one."""
    shop.project().committed().configure(DRIVERS.format(spy=shop.spy("parent")))
    shop.write("candidates/plain/README.md", "# Hi\n")
    shop.write("candidates/plain/a.py", "x = 1\n")
    shop.target = str(shop.tree / "candidates/plain")


@hostile()
def git_submodules(shop: Workshop) -> None:
    """Submodules whose address is a command, an option, a place outside or in the network; none is fetched."""
    helper = f"ext::sh -c touch% {shop.canary('submodule-helper')}"
    option = f"-u{shop.touch('submodule-option')}"
    places = (
        ("a", "libs/a", helper),
        ("b", "libs/b", option),
        ("../../x", "../../escape", "file:///etc"),
        ("d", "libs/d", shop.url("sub.git")),
    )
    table = '[submodule "{}"]\n\tpath = {}\n\turl = {}\n\tupdate = "!{}"\n'
    shop.project(**{".gitmodules": "".join(table.format(*p, shop.touch("update")) for p in places)}).committed()
    commit = shop.git("rev-parse", "HEAD")
    for path in ("libs/a", "libs/d"):
        shop.git("update-index", "--add", "--cacheinfo", f"160000,{commit},{path}")
    shop.git("commit", "--quiet", "--message", "Vendor")
    shop.configure(f'[submodule "a"]\n\tactive = true\n\tupdate = "!{shop.touch("submodule-config")}"\n')


@hostile()
def git_lfs_agents(shop: Workshop) -> None:
    """Pointers to large files, with a server in the network and a transfer agent of its own."""
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12345\n"
    agent = f'[lfs "customtransfer.x"]\n\tpath = sh\n\targs = -c "{shop.touch("lfs")}"\n'
    shop.project(
        **{
            ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n",
            "model.bin": pointer,
            ".lfsconfig": f"[lfs]\n\turl = {shop.url('lfs')}\n\tstandalonetransferagent = x\n{agent}",
        }
    ).committed()
    spies = f"\tclean = {shop.spy('lfs-clean', 'cat')}\n\tprocess = {shop.spy('lfs-process', 'exit 1')}\n"
    shop.configure(f'[filter "lfs"]\n{spies}')
    shop.stale()
