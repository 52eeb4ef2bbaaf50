"""A plain scikit-learn repository, as many begin: a package, a script that trains, some data, a README."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

FILES = {
    "README.md": (
        "# Churn\n\nA model that says which customers are about to leave.\n\n"
        "## Run\n\n    pip install -e .\n    python -m churn.train\n"
    ),
    "pyproject.toml": (
        '[build-system]\nrequires = ["setuptools>=70"]\nbuild-backend = "setuptools.build_meta"\n\n'
        '[project]\nname = "churn"\nversion = "0.1.0"\nrequires-python = ">=3.11"\n'
        'dependencies = ["pandas>=2", "scikit-learn>=1.5", "joblib"]\n'
    ),
    "src/churn/__init__.py": '"""Churn."""\n',
    "src/churn/train.py": '''"""Train the model."""

import joblib
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split


def main():
    data = pd.read_csv("data/customers.csv")
    x = data.drop(columns=["churned"])
    y = data["churned"]
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, random_state=7)
    model = RandomForestClassifier(n_estimators=50, random_state=7)
    model.fit(x_train, y_train)
    print("accuracy", accuracy_score(y_test, model.predict(x_test)))
    joblib.dump(model, "model.joblib")


if __name__ == "__main__":
    main()
''',
}


def customers(count: int = 600) -> str:
    """A table in which many calls and a high fee make customers leave."""
    chance = random.Random(1)
    rows = ["age,months,monthly_fee,calls,churned"]
    for _ in range(count):
        age, months, calls = chance.randint(18, 80), chance.randint(1, 72), chance.randint(0, 9)
        fee = round(chance.uniform(10, 90), 2)
        leaves = chance.random() < 0.05 + 0.08 * calls - 0.002 * months + 0.004 * (fee - 50)
        rows.append(f"{age},{months},{fee},{calls},{int(leaves)}")
    return "\n".join(rows) + "\n"


def plain(folder: Path) -> Path:
    """Make the repository, with its one commit."""
    for path, text in {**FILES, "data/customers.csv": customers()}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    commit(folder, "Start")
    return folder


def commit(folder: Path, message: str) -> None:
    """Commit everything."""
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q"], ["add", "-A"], [*who, "commit", "-q", "-m", message]):
        subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)
