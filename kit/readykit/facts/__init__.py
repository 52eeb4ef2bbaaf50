"""What files say, without judgement: one extractor a kind of file.

Each module has `extract(text, path) -> list[Fact]` and raises `Unparsable` for a file that is not of its kind. None
of them opens a file, so facts depend on nothing but the text and the path and can be cached by digest.

What is said of Python below holds for R in the same shapes (`import`, `call`, `def`, `assign`, `branch`, `compare`,
`raise`, `assert`, `string`, `dead`, `refs`), each with the detail `language`; its routes are `decorator` facts.

Kinds of facts:

| kind | name | value | from |
|---|---|---|---|
| `import` | `sklearn.metrics.f1_score` | the name it is bound to | Python, notebooks, R (Scala: the package) |
| `call` | resolved callee, `?.fit` when the receiver is unknown | | Python, notebooks |
| `def` | qualified name | `function`, `async` or `class` | Python |
| `decorator` | resolved decorator | | Python; scope is the decorated name |
| `field` | `Class.attribute` | annotation | Python |
| `assign` | `name` or `self.name` | source of the value | Python |
| `branch` | source of the condition | | Python: detail kind, names, ops, body, else |
| `compare` | source of a comparison by size | | Python: detail names, ops |
| `raise`, `assert` | exception; condition | | Python |
| `string` | the string (f-strings with `{}`) | | Python |
| `smell` | a shape that is nearly always a mistake | the source | Python, notebooks |
| `guard` | `__main__` | | Python |
| `dead` | a call under `if False` | | Python |
| `refs` | | | Python: one a file, detail: scope -> names it refers to |
| `yaml`, `toml`, `json`, `hcl` | `jobs.test.steps[0].run` | scalar | configuration |
| `docker` | `FROM`, `CMD`, ... | arguments | Dockerfile |
| `dependency` | normalised package | specifier | requirements, pyproject, locks, ... |
| `command` | one simple command | | CI, DVC, make, shell, Docker, README, ... |
| `cell` | `code` | execution count, empty for none | code cells of notebooks: detail bytes (of outputs), error |
| `waiver` | ids, comma-separated | the reason | comments and cell tags; detail `expires` |
| `heading`, `prose`, `codeline`, `link` | text | | Markdown, reStructuredText, notebooks' text cells |
"""

from __future__ import annotations


class Unparsable(Exception):
    """A file that cannot be read as its kind; the message is a phrase that says why."""
