"""Reports whose every text is a stranger's, and texts that strangers like to use."""

from __future__ import annotations

from readykit.model import (
    Check,
    Claim,
    Doc,
    Evidence,
    Excerpt,
    Finding,
    Location,
    Part,
    Projection,
    Report,
    RepositoryInfo,
    RubricItem,
    Score,
    Setting,
    Status,
    Strength,
    Unread,
    Verdict,
    Waiver,
    WaiverRow,
)

TEXTS = (
    "plain words",
    "\x1b[2J\x1b[31mPWN",
    "\x1b]0;PWN\x07",
    "\x9b31mPWN",
    "line\n::error file=a,line=1::PWN",
    "::error::PWN",
    "  ::warning::PWN",
    "##vso[task.setvariable variable=PWN]x",
    "x ##[error]PWN",
    "\rPWN",
    "x\x08\x08PWN",
    "\u202ePWN\u2066",
    "zero\u200bwidth\ufeff",
    "a\u2028b\u2029c\x85d",
    "half \udc80 \udfff \ud800",
    "\ufffe\uffff\U000e0041",
    "<script>alert('PWN')</script>",
    "\"><svg onload=alert('PWN')>",
    "</title></style></script><!--PWN-->",
    "]]>&xxe;<![CDATA[PWN",
    "| PWN_ROW | 100 |",
    "\n# PWN_HEADING",
    "![PWN](http://127.0.0.1/x.png) [PWN](javascript:alert(1))",
    "```PWN\n~~~",
    "`` ` PWN `",
    "<https://pwn.example> https://pwn.example www.pwn.example",
    "@everyone closes #1 GH-2 $x$ \\",
    '=HYPERLINK("http://x/PWN")',
    "+1+PWN",
    "-2-PWN",
    "@SUM(PWN)",
    "\t=PWN",
    "[PWN](1) {0} {{1}}",
    "%0A::error::PWN%25",
    "../../etc/PWN",
    "//pwn.example/x?y#z",
    "a b%2f..\\PWN:?#[]",
    "",
    " ",
)


def report(*texts: str, line: int = 3) -> Report:
    """Return a report in which every text of an audited tree is one of these in turn, with every kind of row."""
    place = -1

    def text() -> str:
        nonlocal place
        place += 1
        return texts[place % len(texts)]

    def at() -> Location:
        return Location(text() or "x", line, line + 1)

    def evidence() -> tuple[Evidence, ...]:
        return tuple(Evidence(at(), Strength.USED, text(), "mlflow") for _ in range(4))

    def findings() -> tuple[Finding, ...]:
        return tuple(
            Finding(_check(number, status), _verdict(status, text, evidence), number % 2 == 0, waiver)
            for number, (status, waiver) in enumerate(
                [*((status, None) for status in Status), (Status.FAIL, Waiver(text(), "2030-01-01"))]
            )
        )

    found = findings()
    cited = [evidence.at for finding in found for evidence in finding.verdict.evidence]
    score = Score(51.5, 2, {"deploy": 12.0, "mlops": None, "data": 100.0})
    item = RubricItem("section", "an item", 0.5, 1.0, evidence(), "something", "a question?")
    return Report(
        RepositoryInfo(text(), text(), None, "0" * 40, 3, 4, "collection", text(), ("Python",)),
        found,
        unreadable=(Unread(text(), text()), Unread(text(), text())),
        skipped=(Unread(text(), text()),),
        score=score,
        settings=(Setting(at(), text(), text(), False, text()),),
        waivers=(WaiverRow(at(), (text(), text()), text(), "expired", None, text()),),
        projects=tuple(Part(text(), "ml-project", findings(), score) for _ in range(2)),
        best_project=text(),
        rubrics=(Projection("google", "Google", "https://example.com", "sum", 0.5, 1.0, "a band", (item,)),),
        claims=(Claim(text(), at(), "tracking", False), Claim(text(), at(), "file_tree", False)),
        excerpts=tuple(Excerpt(place, 2, (text(), text(), text()), (at(), at())) for place in cited),
    )


def _check(number: int, status: Status) -> Check:
    doc = Doc("asks for something.\n\nAt length.", "because", "do it", "a book")
    return Check(f"TST{number:03}", f"It is {status}", f"thing_{number}", 1, "data", doc, lambda _: None, "0.1", 3.0)  # type: ignore[arg-type,return-value]


def _verdict(status: Status, text, evidence) -> Verdict:  # type: ignore[no-untyped-def]
    cited = evidence() if status in (Status.PASS, Status.PARTIAL) else ()
    if status is Status.FAIL:
        return Verdict(status, text(), evidence(), (text(), text()), text() or "something")
    return Verdict(status, text(), cited, (text(),), text())
