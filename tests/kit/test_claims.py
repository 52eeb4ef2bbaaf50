"""What documents claim, and what stands behind it: sentences, drawn file trees, and what claims nothing."""

from __future__ import annotations

import json

import pytest
from readykit import catalogue, claims
from readykit.auditor import audit_repo
from readykit.policy import Wishes
from readykit.project import Project
from readykit.repo import Repo
from readykit.report import json_, terminal

TRAIN = "from sklearn.linear_model import Ridge\n\nRidge().fit([[1], [2]], [1, 2])\n"
TRACKED = """import mlflow
from sklearn.linear_model import Ridge

with mlflow.start_run():
    mlflow.log_params({"alpha": 1})
    mlflow.log_metric("r2", Ridge().fit([[1], [2]], [1, 2]).score([[1], [2]], [1, 2]))
"""


def claimed(readme: str, **files: str) -> list[tuple[str, int, bool]]:
    """Capability, line and backing of each claim of a README."""
    tree = {"README.md": readme, "train.py": TRAIN, **{name.replace("__", "/"): text for name, text in files.items()}}
    project = Project(Repo.of(tree), catalogue.toolbox())
    claims.install(project, catalogue.checks())
    return [(claim.capability, claim.at.line, claim.backed) for claim in project.claims]


def test_a_sentence_is_backed_by_what_the_code_does() -> None:
    text = "# Tides\n\nAll experiments are\ntracked. Data drift detection runs each night.\n"
    assert claimed(text) == [("experiment_tracking", 3, False), ("drift_monitoring", 4, False)]
    project = Project(Repo.of({"README.md": text, "train.py": TRACKED}), catalogue.toolbox())
    claims.install(project, catalogue.checks())
    assert {(c.capability, c.backed) for c in project.claims} == {
        ("experiment_tracking", True),
        ("drift_monitoring", False),
    }


@pytest.mark.parametrize(
    "line",
    [
        "Drift monitoring will follow.",
        "There is no drift monitoring yet.",
        "Do you use drift monitoring?",
        "Run drift monitoring with the script below.",
        "Drift monitoring is an important practice.",
        "- [ ] Drift monitoring",
        "- ❌ Drift monitoring",
        "## Drift monitoring",
        "[Drift monitoring](#drift-monitoring)",
        "You should add drift monitoring.",
        "<!-- drift monitoring -->",
        "## Future work\n- Drift monitoring",
        "## Roadmap\n### Soon\n- Drift monitoring",
        "`drift monitoring`",
    ],
)
def test_what_claims_nothing(line: str) -> None:
    assert claimed(f"# Tides\n\n{line}\n") == []


def test_a_section_after_a_plan_counts_again() -> None:
    text = "# Tides\n\n## Roadmap\n- A model registry\n\n## Features\n- Drift monitoring\n"
    assert claimed(text) == [("drift_monitoring", 7, False)]


@pytest.mark.parametrize(
    "path",
    ["course-notes/a.md", "docs/exam.md", "prompts/a.md", ".github/a.md", "PROJECT_GUIDELINES.md", "reports/a.md"],
)
def test_documents_that_are_not_about_the_project(path: str) -> None:
    project = Project(
        Repo.of({path: "# Work\n\nDrift monitoring each night.\n", "train.py": TRAIN}), catalogue.toolbox()
    )
    claims.install(project, catalogue.checks())
    assert project.claims == ()


def test_a_drawn_tree_names_what_is_there() -> None:
    tree = """# Tides

```
tides/
├── README.md
├── src/               # the code
│   ├── clean.py
│   └── drift.py
├── data/
├── train.py           <- trains
├── secrets.yaml
└── Three Plain Words
```
"""
    files = {"src__clean.py": "X = 1\n", ".gitignore": "secrets.yaml\n"}
    found = claimed(tree, **files)
    assert {capability for capability, _, _ in found} == {"file_tree"}
    assert [line for _, line, backed in found if not backed] == [8]
    assert [line for _, line, _ in found] == [5, 6, 7, 8, 10]


def test_a_tree_of_something_else_is_no_claim() -> None:
    tree = "# Tides\n\n```\n├── a.py\n├── b.py\n├── c.py\n└── train.py\n```\n"
    assert claimed(tree) == []


def test_a_rendered_readme_draws_what_will_be_made() -> None:
    """A template's files stand for what they render to, and a rendered README speaks of another tree."""
    tree = "# Tides\n\n```\n├── train.py\n├── setup.cfg\n├── Makefile\n└── tests/\n```\n"
    files = {"README.md": tree, "train.py.jinja": "", "setup.cfg.jinja": "", "Makefile.jinja": "", "tests/a.py": TRAIN}
    project = Project(Repo.of(files), catalogue.toolbox())
    claims.install(project, ())
    assert [claim.backed for claim in project.claims] == [True] * 4
    project = Project(
        Repo.of({**files, "README.md": "", "{{ x }}/README.md": tree + "\n├── gone.py\n"}), catalogue.toolbox()
    )
    claims.install(project, ())
    assert project.claims == ()


def test_the_report_lists_them_and_the_terminal_shows_the_empty_ones() -> None:
    repo = Repo.of({"README.md": "# Tides\n\nDrift monitoring each night.\n", "train.py": TRAIN})
    report = audit_repo(repo)
    rows = json.loads(json_.render(report))["claims"]
    assert rows == [
        {
            "text": "Drift monitoring each night.",
            "path": "README.md",
            "line": 3,
            "backed": False,
            "capability": "drift_monitoring",
        }
    ]
    assert "Claimed, not found (1 of 1 claims)" in terminal.render(report)


def test_the_trial_family_counts_in_its_profile_only() -> None:
    repo = Repo.of({"README.md": "# Tides\n\nDrift monitoring each night.\n", "train.py": TRAIN})
    assert not [f for f in audit_repo(repo).findings if f.check.family == "TRL"]
    trial = {f.check.id: f.verdict.status for f in audit_repo(repo, wishes=Wishes(profile="trial")).findings}
    assert trial["TRL003"] == "fail"
    alone = audit_repo(repo, wishes=Wishes(profile="trial", select=("TRL003",)))
    assert [f.verdict.status for f in alone.findings] == ["fail"]


def test_every_word_list_names_checks_of_the_standard_that_answer_for_it() -> None:
    capability = {check.id: check.capability for check in catalogue.checks()}
    for words in claims.vocabulary():
        assert set(words.checks) <= set(capability)
        assert words.capability in {capability[name] for name in words.checks}
