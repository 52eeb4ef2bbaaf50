"""Facts from R source and from the chunks of R Markdown and Quarto, in the shapes that Python's facts have.

A call is `package::function` or the bare name, `?.method` on an object, and `module.function` on a Python module that
R imported. What a pipe hands over is the detail `receiver`. All facts have the detail `language`.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right

from readykit.facts import Unparsable, markdown, python
from readykit.facts.rtokens import Token, chunks, content
from readykit.facts.rtree import PIPES, SIZES, WORDS, Tree
from readykit.limits import MAX_R_FACTS, MAX_STRING, MAX_TEST_SNIPPET
from readykit.model import Fact, Location

ATTACH = frozenset({"library", "require", "requireNamespace", "loadNamespace", "attachNamespace", "p_load", "use"})
STOPS = frozenset({"stop", "abort", "cli_abort", "stop_glue", "rlang::abort", "cli::cli_abort", "stopifnot"})
EXITS = frozenset({"quit", "q", "base::quit", "base::q"})
TESTS = frozenset({"test_that", "it", "testthat::test_that"})
# annotations above a function: plumber's routes and roxygen's export
ROUTE = re.compile(r"#[*']\s*@(get|post|put|delete)\s+(\S+)")
EXPORT = re.compile(r"#'\s*@export\b")


def extract(text: str, path: str) -> list[Fact]:
    """Facts of a file of R, or of a document: those of its chunks, and its prose.

    Raises:
        Unparsable: there is more in it than anybody writes.
    """
    if not path.lower().endswith((".rmd", ".qmd")):
        return Reader(text, path).read()
    code, prose = chunks(text, "r")
    found = Reader(code, path).read() + [f for f in markdown.extract(prose, path) if f.kind != "command"]
    snakes = chunks(text, "python")[0]
    if snakes.strip() and not isinstance(python.parse(snakes), str):
        found += python.extract(snakes, path)
    return sorted(found, key=lambda fact: fact.at.line)


class Reader(Tree):
    """Looks at every token once; what a token stands in is known from spans that were found before."""

    def __init__(self, text: str, path: str) -> None:
        super().__init__(text, path)
        self.facts: list[Fact] = []
        self.scopes: list[tuple[int, int, str]] = []
        self.dead: list[tuple[int, int]] = []
        self.branches: list[tuple[Fact, dict[str, str], tuple[int, int], tuple[int, int]]] = []
        self.acts: list[tuple[int, str]] = []
        self.modules: dict[str, str] = {}
        self.assigned: dict[int, str] = {}
        self.receivers: dict[int, str] = {}
        self.refs: dict[str, set[str]] = {}
        self.attached: set[str] = set()

    def read(self) -> list[Fact]:
        """All facts in the order of their lines, and the references of the file."""
        for index, token in enumerate(self.tokens):
            self.leave(index)
            handler = HANDLERS.get(token.kind)
            if handler is not None:
                handler(self, index, token)
        places = [at for at, _ in self.acts]
        for _, detail, body, other in self.branches:
            for key, (start, end) in (("body", body), ("else", other)):
                first = bisect_left(places, start)
                inside = self.acts[first : first + self.steps(max(0, bisect_right(places, end) - first))]
                detail[key] = ",".join(dict.fromkeys(act for _, act in inside))
        for line, comment in self.comments.items():
            self.annotated(line, comment)
        self.facts.sort(key=lambda fact: fact.at.line)
        detail = {scope: " ".join(sorted(names)) for scope, names in sorted(self.refs.items())}
        return [*self.facts, Fact("refs", "", Location(self.path, 1), "", "", detail)] if self.facts else []

    def leave(self, index: int) -> None:
        """Forget spans that ended."""
        while self.scopes and self.scopes[-1][1] < index:
            self.scopes.pop()
        while self.dead and self.dead[-1][1] < index:
            self.dead.pop()

    @property
    def scope(self) -> str:
        """The qualified name of the function around the present token."""
        return self.scopes[-1][2] if self.scopes else ""

    # -- writing down ---------------------------------------------------------------------------------------------
    def add(self, kind: str, name: str, first: int, last: int, value: str = "", detail: dict[str, str] | None = None,
            ) -> Fact:  # fmt: skip
        """Record a fact at the tokens from `first` to `last`."""
        if len(self.facts) >= MAX_R_FACTS:
            raise Unparsable(f"more than {MAX_R_FACTS:,} facts")
        detail = {} if detail is None else detail
        detail["language"] = "r"
        start, end = self.tokens[first].line, self.at(last).line
        kind = "dead" if self.dead and kind in ("call", "branch", "import", "assert", "raise") else kind
        fact = Fact(kind, name, Location(self.path, start, end if end > start else 0), value, self.scope, detail)
        self.facts.append(fact)
        return fact

    # -- one method for each kind of token --------------------------------------------------------------------------
    def on_id(self, index: int, token: Token) -> None:
        """A name: of a package, a keyword, what is called."""
        following = self.at(index + 1).text
        package, _, function = token.text.partition("::")
        if function and package not in self.attached:
            self.attached.add(package)
            self.add("import", package, index, index, package)
        if token.text in ("next", "break"):
            self.acts.append((index, "continue" if token.text == "next" else "break"))
        if token.text in WORDS:
            if token.text in ("if", "while") and following == "(":
                self.branch(index, token.text)
            elif token.text == "function" and following == "(":
                self.function(index)
            return
        self.refs.setdefault(self.scope, set()).add(token.text.rpartition(":")[2].strip("`"))
        if following == "(" and self.at(index + 1).partner > 0:
            self.call(index, token.text.replace(":::", "::").replace("`", ""))

    def on_str(self, index: int, token: Token) -> None:
        """A string."""
        text = content(token)
        if 3 <= len(text) <= MAX_STRING and not self.dead:
            self.add("string", text, index, index)

    def on_op(self, index: int, token: Token) -> None:
        """An operator: a function in short form, an assignment, a comparison."""
        if token.text == "\\" and self.at(index + 1).text == "(":
            self.function(index)
        elif token.text in ("<-", "<<-") or (token.text == "=" and self.states(index)):
            self.assign(index)
        elif token.text in SIZES:
            self.compare(index)

    def states(self, index: int) -> bool:
        """Whether a `=` stands in a statement rather than in the arguments of a call."""
        inside = self.tokens[index].inside
        return inside < 0 or self.tokens[inside].text == "{"

    def compare(self, index: int) -> None:
        """A comparison by size."""
        first, last = index, index
        while self.joined(first - 1, -1) and index - first < self.longest:
            first = self.at(first - 1).partner if self.at(first - 1).kind == "close" else first - 1
        while self.joined(last + 1, 1) and last - index < self.longest:
            last = self.at(last + 1).partner if self.at(last + 1).kind == "open" else last + 1
        if first < index < last and not self.dead:
            detail = self.condition(first, last)
            self.add("compare", self.source(first, last, MAX_TEST_SNIPPET), first, last, "", detail)

    def assign(self, index: int) -> None:
        """An assignment of a value; the calls that make the value learn what it is called."""
        name, first = self.target(index)
        start = self.skip(index + 1)
        if not name or start >= len(self.tokens):
            return
        last = self.end(start)
        if self.at(start).text in ("function", "\\"):
            return  # a definition
        self.add("assign", name, first, last, self.source(start, last, MAX_TEST_SNIPPET))
        at = start
        self.steps(last - at)
        while at <= last:  # the calls of the value itself, not those in their arguments
            if self.at(at).kind == "id" and self.at(at + 1).text == "(":
                self.assigned[at] = name
            at = max(self.at(at).partner, at) + 1 if self.at(at).kind == "open" else at + 1
        if self.at(start).text in ("import", "reticulate::import") and self.at(start + 2).kind == "str":
            self.modules[name] = content(self.at(start + 2))
            self.add("import", self.modules[name], start, start, name)

    def function(self, index: int) -> None:
        """A function: named when it is assigned, and then what stands in it has its name as scope."""
        opening = index + 1
        closing = self.at(opening).partner
        sign = self.at(index - 1).text
        named = sign in ("<-", "<<-") or (sign == "=" and self.states(index - 1))
        name = self.target(index - 1)[0] if named else ""
        if closing < 0 or not name:
            return
        last = self.end(closing + 1)
        qualname = f"{self.scope}.{name}".lstrip(".")
        arguments = ", ".join(self.source(first, end) for first, end in self.arguments(opening))
        first = self.target(index - 1)[1]
        self.add("def", qualname, first, last, "function", {"args": arguments, "decorators": ""})
        if any(EXPORT.match(self.comments.get(self.at(first).line - back, "")) for back in range(1, 40)
               if all(self.at(first).line - k in self.comments for k in range(1, back + 1))):  # fmt: skip
            self.refs.setdefault("", set()).add(name)
        self.scopes.append((index, last, qualname))

    def branch(self, index: int, kind: str) -> None:
        """A condition; what its bodies do is filled in when all is read."""
        opening, closing = index + 1, self.at(index + 1).partner
        if closing < 0:
            return
        start = self.skip(closing + 1)
        last = self.at(start).partner if self.at(start).text == "{" else self.end(start)
        last = last if last > 0 else start
        text = self.source(opening + 1, closing - 1, MAX_TEST_SNIPPET)
        if text in ("FALSE", "F"):
            self.dead.append((index, last))
            return
        other = self.skip(last + 1)
        if self.at(start).text != "{":  # `if (a) b else c`: the expression holds its own `else`
            middle = next((i for i in range(start, last) if self.at(i).text == "else"), -1)
            other, last = (middle, middle - 1) if middle > 0 else (other, last)
        has_else = self.at(other).text == "else"
        until = self.end(other + 1) if has_else else last
        detail = self.condition(opening + 1, closing - 1) | {"kind": kind}
        fact = self.add("branch", text, index, until, "", detail)
        self.branches.append((fact, detail, (start, last), (other, until) if has_else else (1, 0)))

    def call(self, index: int, name: str) -> None:
        """A call, named after its package, or after the Python module that the object is."""
        opening = index + 1
        closing = self.at(opening).partner
        detail = self.given(opening)
        if self.at(index - 1).text in ("$", "@"):
            chain = self.target(index + 1)[0].split(".")
            known = self.modules.get(chain[0])
            name = ".".join([known, *chain[1:]]) if known else f"?.{name}"
            detail["receiver"] = chain[0]
        receiver = self.piped(index)
        if receiver:
            detail["receiver"] = self.receivers[index] = receiver
        if index in self.assigned:
            detail["assigned"] = self.assigned[index]
        first = self.target(index + 1)[1] if name.startswith("?.") else index
        self.add("call", name, first, closing, "", detail)
        if not self.dead:
            self.effects(index, name, opening, closing)

    def piped(self, index: int) -> str:
        """What a pipe hands to a call: the name with which the chain begins."""
        before = self.skip(index - 1, -1)
        if not (self.at(before).kind == "op" and PIPES.match(self.at(before).text)):
            return ""
        left = self.skip(before - 1, -1)
        token = self.at(left)
        if token.kind == "close" and token.partner > 0:
            head = token.partner - 1
            return self.receivers.get(head) or (self.at(head).text if self.at(head).kind == "id" else "")
        return self.source(left, left)

    def effects(self, index: int, name: str, opening: int, closing: int) -> None:
        """What a call means beyond being one: an end, a test, an assertion, packages."""
        self.acts.append((index, name))
        short = name.rpartition("::")[2]
        if short == "return":
            value = self.source(opening + 1, closing - 1)
            simple = {"TRUE": "True", "FALSE": "False"}.get(value)
            self.acts += [(index, "return"), *([(index, f"return:{simple}")] if simple else [])]
        elif name in STOPS:
            self.acts.append((index, "raise"))
            if short == "stopifnot":
                self.assertion(index, opening, closing)
            else:
                self.add("raise", name, index, closing, self.source(opening + 1, closing - 1))
        elif name in EXITS:
            self.acts.append((index, "exit"))
        elif name in TESTS and self.at(opening + 1).kind == "str":
            title = re.sub(r"\W+", "_", content(self.at(opening + 1))).strip("_").lower()
            self.add("def", f"test_{title}"[:100], index, closing, "function", {"args": "", "decorators": ""})
            self.scopes.append((index, closing, f"test_{title}"[:100]))
        elif short in ATTACH or any(self.at(a).text in ATTACH and a == b for a, b in self.arguments(opening)):
            self.packages(short, opening)

    def assertion(self, index: int, opening: int, closing: int) -> None:
        """`stopifnot`: an assertion that ends the run."""
        text = self.source(opening + 1, closing - 1, MAX_TEST_SNIPPET)
        detail = self.condition(opening + 1, closing - 1) | {"kind": "assert", "body": "raise", "else": ""}
        for kind in ("assert", "branch"):
            self.add(kind, text, index, closing, "", dict(detail))

    def packages(self, short: str, opening: int) -> None:
        """Packages that a call attaches: its first argument, or every name in a list of them."""
        several = short in ("p_load", "use") or short not in ATTACH
        spans = self.arguments(opening)
        if short in ATTACH and not several:
            spans = spans[:1]
        for first, last in spans:
            for each in range(first, last + 1):
                token = self.at(each)
                quoted = token.kind == "str"
                if (quoted or (token.kind == "id" and short in ATTACH)) and self.at(each + 1).text not in ("(", "="):
                    name = content(token)
                    if re.fullmatch(r"[A-Za-z][\w.]*", name) and name not in ("TRUE", "FALSE", *ATTACH):
                        self.attached.add(name)
                        self.add("import", name, each, each, name)

    def annotated(self, line: int, comment: str) -> None:
        """A route that a comment binds to the function below it."""
        route = ROUTE.match(comment)
        if route:
            detail = {"0": f'"{route[2]}"', "language": "r"}
            self.facts.append(Fact("decorator", f"plumber.{route[1]}", Location(self.path, line), "", "", detail))


HANDLERS = {"id": Reader.on_id, "str": Reader.on_str, "op": Reader.on_op}
