"""Three small repositories of different quality, an archive, a saved report, and one that is broken."""

from __future__ import annotations

import os
import subprocess
import zipfile
from pathlib import Path

from readykit.cli import main

ANNA = {
    "pyproject.toml": """\
[project]
name = "anna-churn"
version = "0.1"
authors = [{name = "Anna Lindqvist", email = "anna@example.org"}]
dependencies = ["mlflow==2.9.0", "scikit-learn==1.5.0"]
""",
    "README.md": """\
# Anna churn

By Anna Lindqvist. Predicts which customers leave next month, for the people who call them.
Drift is monitored with Evidently.

Run `dvc repro`. See https://github.com/annalind/anna-churn.
""",
    "dvc.yaml": "stages:\n  train:\n    cmd: python -m anna_churn.train\n    deps: [src/anna_churn/train.py]\n",
    "src/anna_churn/__init__.py": "",
    "src/anna_churn/train.py": """\
import mlflow
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.model_selection import train_test_split


def train_AnnaChurn(X, y):
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=7)
    model = LogisticRegression(class_weight="balanced", random_state=7).fit(X_train, y_train)
    score = average_precision_score(y_test, model.predict_proba(X_test)[:, 1])
    mlflow.log_param("seed", 7)
    mlflow.log_metric("average_precision", score)
    mlflow.sklearn.log_model(model, "model", registered_model_name="churn")
    return score


train_AnnaChurn([[0.0], [1.0]] * 20, [0, 1] * 20)
""",
    "tests/test_train.py": """\
from anna_churn.train import train_AnnaChurn


def test_it_learns():
    assert train_AnnaChurn([[0.0], [1.0]] * 20, [0, 1] * 20) > 0.5
""",
}
BEN = {
    "requirements.txt": "scikit-learn\nmlflow\n",
    "README.md": "# Churn\n\nExperiments are tracked with MLflow. Run `python train.py`.\n",
    "train.py": """\
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

X_train, X_test, y_train, y_test = train_test_split([[0.0], [1.0]] * 20, [0, 1] * 20)
model = LogisticRegression().fit(X_train, y_train)
print(model.score(X_test, y_test))
""",
}
CARL = {
    "model.py": "from sklearn.svm import SVC\nmodel = SVC().fit([[0], [1]], [0, 1])\nprint(model.score([[0]], [0]))\n",
}


def planted(folder: Path, files: dict[str, str]) -> Path:
    """Write a tree."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def committed(folder: Path, author: str, address: str, message: str) -> None:
    """Put a tree under git, in somebody's name."""
    git = ["git", "-c", f"user.name={author}", "-c", f"user.email={address}"]
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", message]):
        subprocess.run([*git, *words], cwd=folder, check=True, env=env)


def candidates(folder: Path) -> Path:
    """Lay out what a lead would have: a folder under git, an archive, a folder, something broken."""
    anna = planted(folder / "candidates" / "anna", ANNA)
    committed(anna, "Anna Lindqvist", "lindqvist@example.org", "Log the metric, because AnnaChurn has to be compared")
    with zipfile.ZipFile(folder / "candidates" / "ben.zip", "w") as archive:
        for name, text in BEN.items():
            archive.writestr(f"ben-main/{name}", text)
    planted(folder / "candidates" / "carl", CARL)
    (folder / "candidates" / "broken.zip").write_bytes(b"PK\x03\x04 and nothing more")
    (folder / "reports").mkdir()
    return folder


def with_saved(folder: Path, *names: str) -> Path:
    """The same, with a saved report of each of the named candidates."""
    candidates(folder)
    for name in names:
        saved = folder / "reports" / f"{name.partition('.')[0]}.json"
        assert main(["audit", str(folder / "candidates" / name), "-q", "--no-cache", "-o", str(saved)]) == 0
    return folder
