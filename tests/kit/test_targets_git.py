"""Repositories without a checkout and on a server: read from their objects, cloned by a git that nothing can turn."""

from __future__ import annotations

import http.server
import os
import shutil
import ssl
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest
import readykit
from readykit import gitstore, remote, sources
from readykit.errors import TargetError
from readykit.gitstore import Commit
from readykit.target import at_hand, is_bare, opened

if TYPE_CHECKING:
    from collections.abc import Iterator


def git(folder: Path, *words: str, stdin: bytes = b"") -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@localhost", "-c", "core.hooksPath=/dev/null"]
    done = subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True, input=stdin)
    return done.stdout.decode().strip()


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A repository with three commits, a tag, a link and a submodule."""
    folder = tmp_path / "work"
    (folder / "services" / "api").mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    for number, text in enumerate(("x = 1\n", "x = 2\n", "x = 3\n")):
        (folder / "a.py").write_text(text)
        (folder / "services" / "api" / "b.py").write_text(text)
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message", f"c{number}")
        if number == 1:
            git(folder, "tag", "-a", "v1.2", "-m", "v1.2")
    (folder / "link").symlink_to("/etc/passwd")
    git(folder, "add", "link")
    git(folder, "update-index", "--add", "--cacheinfo", f"160000,{git(folder, 'rev-parse', 'HEAD')},sub")
    git(folder, "commit", "--quiet", "--message", "odd")
    return folder


@pytest.fixture
def bare(work: Path) -> Path:
    folder = work.parent / "bare"
    git(work.parent, "clone", "--quiet", "--bare", str(work), str(folder))
    return folder


@pytest.fixture
def own_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place for temporary files: empty again after each audit."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


# -- bare --------------------------------------------------------------------------------------------------------------
def test_a_bare_repository_is_the_tree_of_its_commit(work: Path, bare: Path, own_tmp: Path) -> None:
    for folder in (bare, work / ".git"):
        with at_hand(folder) as place:
            repo = opened(place)
            assert repo.files == ("a.py", "services/api/b.py")
            assert repo.text("a.py") == "x = 3\n"
            assert {row.path: row.why for row in repo.skipped} == {
                "link": "a link, not followed", "sub": "a submodule, not followed",
            }  # fmt: skip
            assert [commit.subject for commit in repo.history.commits] == ["odd", "c2", "c1", "c0"]
            assert repo.tracked == {"a.py", "services/api/b.py"}
        assert not list(own_tmp.iterdir())
    report = readykit.audit(bare)
    assert report.repository.commit == git(work, "rev-parse", "HEAD")
    assert report.repository.path == "bare"
    assert not list(own_tmp.iterdir())


def test_packed_and_sha256(tmp_path: Path, work: Path) -> None:
    git(work, "gc", "--quiet")
    with at_hand(work / ".git") as place:
        assert opened(place).text("a.py") == "x = 3\n"
    longer = tmp_path / "longer"
    longer.mkdir()
    git(longer, "init", "--quiet", "--bare", "--object-format=sha256", "--initial-branch=main")
    blob = git(longer, "hash-object", "-w", "--stdin", stdin=b"y = 1\n")
    made = git(longer, "mktree", stdin=f"100644 blob {blob}\ta.py\n".encode())
    git(longer, "update-ref", "refs/heads/main", git(longer, "commit-tree", made, "-m", "m"))
    with at_hand(longer) as place:
        assert opened(place).text("a.py") == "y = 1\n"


def test_nothing_that_a_bare_repository_configures_is_run(bare: Path) -> None:
    trace = bare.parent / "trace"
    spy = bare.parent / "spy.sh"
    spy.write_text(f"#!/bin/sh\ntouch {trace}\n")
    spy.chmod(0o755)
    with (bare / "config").open("a") as config:
        config.write(f"[core]\n\tfsmonitor = {spy}\n\tpager = {spy}\n\tsshCommand = {spy}\n\tworktree = ..\n")
        config.write(f'[remote "origin"]\n\turl = "ext::{spy}"\n\tpromisor = true\n\tpartialCloneFilter = blob:none\n')
        config.write(f'[protocol "ext"]\n\tallow = always\n[log]\n\tshowSignature = true\n[gpg]\n\tprogram = {spy}\n')
    gone = git(bare, "rev-parse", "HEAD:a.py")
    (bare / "objects" / gone[:2] / gone[2:]).unlink()
    with at_hand(bare) as place:
        repo = opened(place)
        assert not repo.files  # both files have this content
        assert {row.path for row in repo.unreadable} == {"a.py", "services/api/b.py"}
        assert "not in the repository" in repo.unreadable[0].why
        assert repo.history.commits
    assert not trace.exists()


def test_only_a_folder_of_git_and_nothing_else_is_bare(bare: Path, work: Path, tmp_path: Path) -> None:
    assert is_bare(bare)
    assert is_bare(work / ".git")
    assert not is_bare(work)
    (bare / "README.md").write_text("# a tree that pretends\n")
    assert not is_bare(bare)
    with at_hand(bare) as place:
        assert "README.md" in opened(place).files
    empty = tmp_path / "empty"
    git(tmp_path, "init", "--quiet", "--bare", str(empty))
    with pytest.raises(TargetError, match="no commit"), at_hand(empty) as place:
        opened(place)


@pytest.mark.parametrize("evil", ["alternates", "link", "pipe"])
def test_objects_that_are_not_its_own_are_refused(bare: Path, work: Path, evil: str) -> None:
    objects = bare / "objects"
    if evil == "alternates":
        (objects / "info").mkdir(exist_ok=True)
        (objects / "info" / "alternates").write_text(f"{work}/.git/objects\n")
    elif evil == "link":
        shutil.rmtree(objects / "pack")
        (objects / "pack").symlink_to(work / ".git" / "objects" / "pack")
    else:
        os.mkfifo(objects / "pack" / "pack-1.idx")
    with pytest.raises(TargetError, match="objects"), at_hand(bare) as place:
        opened(place)


def test_a_damaged_file_hides_no_other(bare: Path) -> None:
    blobs = {}
    for name in ("p.py", "q.py", "r.py"):
        blobs[name] = git(bare, "hash-object", "-w", "--stdin", stdin=os.urandom(9_000))
    made = git(bare, "mktree", stdin="".join(f"100644 blob {b}\t{n}\n" for n, b in blobs.items()).encode())
    git(bare, "update-ref", "refs/heads/main", git(bare, "commit-tree", made, "-m", "m"))
    place = bare / "objects" / blobs["q.py"][:2] / blobs["q.py"][2:]
    place.chmod(0o644)
    data = bytearray(place.read_bytes())
    data[-1_000] ^= 0xFF
    place.write_bytes(data)
    tree = Commit(bare)
    assert len(tree.read("p.py", 9_000)) == 9_000
    with pytest.raises(OSError, match="git"):
        tree.read("q.py", 9_000)
    assert len(tree.read("r.py", 9_000)) == 9_000
    with pytest.raises(OSError, match="more than"):
        tree.read("r.py", 3)


def test_bombs_and_bad_names_in_trees(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry, mode, kind = git(bare, "hash-object", "-w", "--stdin", stdin=b"x"), "100644", "blob"
    for _ in range(9):
        entry = git(bare, "mktree", stdin="".join(f"{mode} {kind} {entry}\tf{k}\n" for k in range(9)).encode())
        mode, kind = "040000", "tree"
    git(bare, "update-ref", "refs/heads/main", git(bare, "commit-tree", entry, "-m", "bomb"))
    monkeypatch.setattr(sources, "MAX_FILES", 500)
    tree = Commit(bare)
    assert len(tree.sizes) == 500
    assert "more than 500 files" in tree.unread[0].why
    blob = bytes.fromhex(git(bare, "hash-object", "-w", "--stdin", stdin=b"x"))
    raw = b"".join(b"100644 " + name + b"\0" + blob for name in (b"..", b".git", b"a.py", b"b\xff.py", b"c:\\d.py"))
    evil = git(bare, "hash-object", "-t", "tree", "-w", "--stdin", "--literally", stdin=raw)
    git(bare, "update-ref", "refs/heads/main", git(bare, "commit-tree", evil, "-m", "evil"))
    tree = Commit(bare)
    assert set(tree.sizes) == {"a.py", "c:\\d.py"}
    assert len(tree.skipped) == 2
    monkeypatch.setattr(gitstore, "MAX_LISTING", 10)
    assert Commit(bare).unread


# -- addresses ---------------------------------------------------------------------------------------------------------
SECRET = "hunter2CorrectHorse"
REFUSED = [
    "ext::sh -c touch% /tmp/x", "fd::17", "file:///etc", "git://host/x.git", "ssh://-oProxyCommand=x/y",
    "http://h/x.git",
    "HTTPS://host/x.git", "ftp://h/x", "https://", "https:///x", "https://host", "https://host/", "https://-host/x.git",
    "https://host/../x", "https://host/x/./y", "https://host/x?y=1", "https://host/x;touch y", "https://host/$(x)",
    "https://host/x\n", "https://host/x\r\nHost: y", "https://host/\x1b]0;x\x07", "https://host/x%00",
    "https://host/%2e%2e/x",
    "https://hos\u0442/x.git", "https://host\u2044x/y", "https://host/x\u202e", "https://host /x", "https://host/x y",
    "https://" + "a" * 5_000 + "/x", "https://h/" + "a" * 100_000, f"https://user:{SECRET}@host/x.git",
    f"https://{SECRET}@host/x.git", f"ssh://user:{SECRET}@host/x", f"http://u:{SECRET}@h/x", f"https://h/{SECRET}?x",
    "https://host/x.git@", "https://host/x.git@-u", "https://host/x.git@--upload-pack=x", "https://host/x.git@a..b",
    "https://host/x.git@a b", "https://host/x.git@refs:y", "https://host/x.git@{1}", "https://host/x.git#..",
    "https://host/x.git#a/../..", "https://host/x.git#a\nb", "https://host/x.git#a:b", "https://host/x.git#a\\b",
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED, ids=range(len(REFUSED)))
def test_an_address_of_another_form_is_refused_and_not_repeated(
    text: str, monkeypatch: pytest.MonkeyPatch, own_tmp: Path
) -> None:
    def started(*_: object, **__: object) -> None:
        raise AssertionError("a program was started")

    monkeypatch.setattr("readykit.git.subprocess.Popen", started)
    with pytest.raises(TargetError) as told, at_hand(text):
        pass
    assert SECRET not in str(told.value)
    assert len(str(told.value)) < 300
    assert str(told.value).isprintable()
    assert not list(own_tmp.iterdir())


@pytest.mark.parametrize("text", ["--upload-pack=touch x", "-utouch x", "-oProxyCommand=x:y", "git@host:x.git", "$(x)"])
def test_what_is_no_address_is_a_path_that_is_not_there(text: str) -> None:
    with pytest.raises(TargetError, match="no such file"), at_hand(text):
        pass


def test_the_parts_of_an_address() -> None:
    whole = "https://git.host.org:8443/group/sub.group/repo.git@feature/x+1#services/api"
    address = remote.parsed(whole)
    assert address == remote.Address(
        "https://git.host.org:8443/group/sub.group/repo.git", "feature/x+1", "services/api"
    )
    assert address.shown == whole
    assert address.name == "api"
    assert remote.parsed("https://h/o/repo.git").name == "repo"
    assert remote.parsed("https://h/o/repo/").name == "repo"
    assert remote.parsed("https://dev.azure.com/o/My%20P/_git/r#subdirectory=a").subdirectory == "a"
    assert remote.parsed("https://[2001:db8::1]/~me/repo").url == "https://[2001:db8::1]/~me/repo"


def test_the_words_that_git_gets(tmp_path: Path) -> None:
    (words,) = remote.commands(remote.parsed("https://h/r.git@v1"), tmp_path / "clone")
    assert words[-3:] == ["--", "https://h/r.git", str(tmp_path / "clone")]
    for word in ("--template=", "--no-recurse-submodules", "--bare", "--branch=v1", "--depth=50", "--single-branch",
                 "http.followRedirects=false", "transfer.fsckObjects=true", "core.hooksPath=/dev/null"):  # fmt: skip
        assert word in words
    for words in remote.commands(remote.parsed(f"https://h/r.git@{'a' * 40}"), tmp_path / "clone"):
        assert "--" in words
        assert "http.followRedirects=false" in words


# -- a real server -----------------------------------------------------------------------------------------------------
class Backend(http.server.BaseHTTPRequestHandler):
    """`git http-backend` behind a few lines of HTTP; also a repository that has moved, and one behind a password."""

    root: ClassVar[Path]
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        """Answer."""
        type(self).asked.append(self.path)
        if self.path.startswith(("/moved", "/private")):
            self.send_response(301 if self.path.startswith("/moved") else 401)
            self.send_header("Location", self.path.replace("moved", "bare"))
            self.send_header("WWW-Authenticate", 'Basic realm="x"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        environment = {
            "PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(self.root), "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query, "REQUEST_METHOD": self.command, "REMOTE_ADDR": "127.0.0.1", "GIT_CONFIG_COUNT": "2",
            "CONTENT_TYPE": self.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""), "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*", "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "GIT_CONFIG_KEY_1": "uploadpack.allowReachableSHA1InWant", "GIT_CONFIG_VALUE_1": "true",
        }  # fmt: skip
        done = subprocess.run(["git", "http-backend"], env=environment, input=body, capture_output=True, check=False)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
        self.send_response(int(lines.pop("Status", "200").split()[0]))
        for name, value in lines.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET  # noqa: N815 - so it is called

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An https server with a certificate of its own, which git is told of by the one way there is."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl makes the certificate")
    words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    subprocess.run(
        [openssl, *words.split(), "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    Backend.root, Backend.asked = bare.parent, []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Backend) as running:
        running.socket = context.wrap_socket(running.socket, server_side=True)
        threading.Thread(target=running.serve_forever, daemon=True).start()
        real = remote.clone
        trusted = {"GIT_SSL_CAINFO": str(tmp_path / "cert.pem")}
        monkeypatch.setattr(remote, "clone", lambda address, scratch: real(address, scratch, trusted))
        yield f"https://localhost:{running.server_port}"
        running.shutdown()


def test_a_repository_on_a_server(server: str, work: Path, own_tmp: Path) -> None:
    report = readykit.audit(f"{server}/bare")
    assert report.repository.url == f"{server}/bare"
    assert report.repository.path is None
    assert report.repository.name == "bare"
    assert report.repository.commit == git(work, "rev-parse", "HEAD")
    assert report.repository.files == 2
    with at_hand(f"{server}/bare@v1.2#services/api") as place:
        repo = opened(place)
        assert repo.text("b.py") == "x = 2\n"
        assert repo.name == "api"
        assert repo.source.commit == git(work, "rev-parse", "HEAD~2")
        assert [commit.subject for commit in repo.history.commits] == ["c1", "c0"]
    first = git(work, "rev-parse", "HEAD~3")
    with at_hand(f"{server}/bare@{first}") as place:
        assert opened(place).text("a.py") == "x = 1\n"
    assert not list(own_tmp.iterdir())


@pytest.mark.parametrize(
    ("tail", "why"),
    [
        ("/moved", "moved"), ("/private", "password"), ("/none", "no such repository"), ("/bare@none", "branch or tag"),
        ("/bare@" + "a" * 40, "no such commit"), ("/bare#none", "no folder none"), ("/bare#a.py", "no folder a.py"),
    ],
)  # fmt: skip
def test_what_a_server_does_not_give_is_told(server: str, own_tmp: Path, tail: str, why: str) -> None:
    with pytest.raises(TargetError, match=why), at_hand(server + tail) as place:
        opened(place)
    assert not list(own_tmp.iterdir())
    assert not any(path.startswith("/bare") for path in Backend.asked) or tail.startswith("/bare")


def test_a_certificate_that_nobody_trusts_and_a_server_that_is_not_there(
    server: str, own_tmp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("GIT_SSL_NO_VERIFY", "1")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "http.sslVerify")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "false")
    with pytest.raises(TargetError, match="not trusted"), at_hand(f"{server}/bare"):
        pass
    with pytest.raises(TargetError, match="cannot be reached"), at_hand("https://127.0.0.1:1/x.git"):
        pass


def test_a_clone_is_limited_and_taken_away(server: str, own_tmp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "CLONE_SECONDS", 0.0)
    with pytest.raises(TargetError, match="seconds"), at_hand(f"{server}/bare"):
        pass
    monkeypatch.setattr(remote, "CLONE_SECONDS", 60.0)
    monkeypatch.setattr(remote, "MAX_CLONE", 10)
    monkeypatch.setattr(Backend, "do_GET", lambda _: threading.Event().wait(3))
    with pytest.raises(TargetError, match="10 bytes"), at_hand(f"{server}/bare"):
        pass
    monkeypatch.setattr(remote, "_watched", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt), at_hand(f"{server}/bare"):
        pass
    assert not list(own_tmp.iterdir())


def test_a_fork_reads_by_a_git_of_its_own(bare: Path) -> None:
    """Two processes that ask one git would each get the answers of the other."""
    tree = Commit(bare)
    assert tree.read("a.py", 100) == b"x = 3\n"
    child = os.fork()
    if not child:
        os._exit(0 if tree.read("services/api/b.py", 100) == b"x = 3\n" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert tree.read("a.py", 100) == b"x = 3\n"
    assert tree.history().commits
