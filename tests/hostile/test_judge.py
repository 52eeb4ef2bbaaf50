"""The judge itself: an auditor that does one thing wrong is told so, an innocent one is not."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

if not sys.platform.startswith("linux"):
    pytest.skip("processes are watched by /proc", allow_module_level=True)

from hostile.case import Case
from hostile.formats import wrong
from hostile.judge import verdict
from hostile.runner import OUR_SECRET, listener, perform
from hostile.workshop import Workshop

FORMATS = {"json": ".json"}
REPORT = '{"schema_version": "1", "checks": [], "unreadable": [], "skipped": [], "repository": {}, "score": 1}'
INNOCENT = f"open(sys.argv[2], 'w').write('''{REPORT}''')\n"


@pytest.fixture(scope="module")
def port() -> Iterator[tuple[int, Sequence[float]]]:
    with listener() as heard:
        yield heard


def judged(folder: Path, port: tuple[int, Sequence[float]], program: str, **expected: object) -> list[str]:
    """What is said of a program that stands for the auditor."""
    shop = Workshop(folder / "case", port[0])
    shop.write("a.py", "x = 1\n")
    program = program.replace("CANARY", shop.canary("x")).replace("PORT", str(port[0]))
    (folder / "program.py").write_text(f"import os, sys, time, socket, subprocess\n{program}")
    case = Case("name", "threat", "story", lambda _: None, **expected)  # type: ignore[arg-type]
    run = perform(case, shop, port[1], [sys.executable, str(folder / "program.py")], FORMATS)
    return verdict(case, run, FORMATS)


def test_an_innocent_program_passes(tmp_path: Path, port: tuple[int, Sequence[float]]) -> None:
    assert judged(tmp_path, port, INNOCENT + "print('Level 2')\n") == []


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("open('CANARY', 'w')", "something ran"),
        ("socket.create_connection(('127.0.0.1', PORT))", "connections"),
        ("open(sys.argv[3] + '/cache', 'w')", "changed the tree"),
        ("os.utime(sys.argv[3] + '/a.py')", "changed the tree"),
        ("subprocess.Popen(['sleep', '30'], stdout=-3, stderr=-3); time.sleep(.5)", "processes behind"),
        ("subprocess.Popen(['sleep', '30'], start_new_session=True); time.sleep(.5)", "processes behind"),
        ("open(os.environ['TMPDIR'] + '/x', 'w')", "left files"),
        ("open(sys.argv[2] + '.part', 'w')", "left files"),
        ("os.kill(os.getpid(), 11)", "died of signal 11"),
        ("sys.exit(70)", "ended with 70"),
        ("sys.exit(3)", "ended with 3"),
        ("1 / 0", "Traceback"),
        ("os.remove(sys.argv[2])", "reports are missing"),
        ("print(os.environ['API_TOKEN'])", "says 'ENVIRONMENT_'"),
        ("print('\\x1b[31m')", "a control"),
        ("print('\\u202e')", "turn of direction"),
        ("print('::error::PWN_GHA')", "command for CI"),
        ("open(sys.argv[2], 'w').write('{NaN}')", "cannot be read"),
        ("print('x' * (21 << 20))", "more than anybody"),
    ],
)
def test_a_guilty_program_is_told(tmp_path: Path, port: tuple[int, Sequence[float]], program: str, said: str) -> None:
    found = judged(tmp_path, port, f"{INNOCENT}sys.stdout.flush()\n{program}\n")
    assert any(said in what for what in found), found


def test_bounds_are_held(tmp_path: Path, port: tuple[int, Sequence[float]]) -> None:
    assert any("longer than" in what for what in judged(tmp_path / "a", port, "time.sleep(60)", seconds=0.5))
    found = judged(tmp_path / "b", port, "x = b'x' * (300 << 20); time.sleep(60)", megabytes=200, seconds=20)
    assert any("more than 200" in what for what in found)


def test_a_refusal_is_one_sentence(tmp_path: Path, port: tuple[int, Sequence[float]]) -> None:
    good = judged(
        tmp_path / "a",
        port,
        "sys.exit('kit: no such folder')\n".replace("exit(", "stderr.write(") + "sys.exit(3)",
        ending="refused",
    )
    assert good == []
    assert judged(tmp_path / "b", port, "sys.exit(3)", ending="refused") == ["refused without a word"]
    assert "refused at length" in judged(
        tmp_path / "c", port, "sys.stderr.write('x\\n' * 9); sys.exit(3)", ending="refused"
    )


def test_an_interruption_has_its_own_code(tmp_path: Path, port: tuple[int, Sequence[float]]) -> None:
    polite = "try:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    sys.exit(130)\n"
    assert judged(tmp_path / "a", port, polite, ending="interrupted", interrupt=0.5) == []
    deaf = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(60)\n"
    assert judged(tmp_path / "b", port, deaf, ending="interrupted", interrupt=0.5, seconds=2)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("json", '{"checks": [NaN]}'),
        ("sarif", '{"version": "2.1.0", "runs": []}'),
        (
            "sarif",
            '{"version": "2.1.0", "runs": [{"tool": {"driver": {}}, "x": {"artifactLocation": {"uri": "a b.py"}}}]}',
        ),
        (
            "sarif",
            '{"version": "2.1.0", "runs": [{"tool": {"driver": {}}, "x": {"artifactLocation": {"uri": "../a.py"}}}]}',
        ),
        (
            "sarif",
            '{"version": "2.1.0", "runs": [{"tool": {"driver": {}}, "x": {"artifactLocation": {"uri": "a.py#x"}}}]}',
        ),
        ("junit", '<testsuite tests="2" failures="0"><testcase name="a" classname="b"/></testsuite>'),
        ("junit", "<testsuite>&#1;</testsuite>"),
        ("html", "<meta http-equiv=content-security-policy content=\"default-src 'none'\"><img src=x>"),
        ("html", "<p>no policy</p>"),
        ("markdown", "# Report\n\n<img src=x onerror='PWN'>\n"),
        ("markdown", "[x](javascript:alert(1))"),
        ("markdown", "a\n# PWN_HEADING\n"),
        ("csv", "id,message\nA,=1+PWN\n"),
        ("csv", "id,message\nA,b,c\n"),
        ("github", "::error file=a.py,line=1::x\n::set-output name=a::b\n"),
        (
            "gitlab",
            '[{"fingerprint": "1", "severity": "info", "description": "x", "location": {"path": "/a", "lines": {"begin": 1}}}]',
        ),
    ],
)
def test_a_wrong_report_is_told(form: str, text: str) -> None:
    assert wrong(form, text.encode())


def test_our_secret_is_not_in_this_environment() -> None:
    import os

    assert OUR_SECRET not in os.environ.values()
