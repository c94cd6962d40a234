"""The recorded compilations and the corpus of the recorded history, which many tests ask."""

from pathlib import Path

import pandas as pd
import pytest

from scripts.corpus import build
from scripts.space.judge import read_compiled

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "data/recorded/space"


@pytest.fixture(scope="session")
def compiled() -> pd.DataFrame:
    """All recorded COMPILED rows."""
    paths = sorted(FOLDER.glob("*.parquet"))
    assert paths, "data/recorded/space is not restored; `make restore` fetches it"
    return read_compiled(paths)


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of triples.parquet and shapes.parquet, made from the recorded history."""
    folder = tmp_path_factory.mktemp("corpus")
    arguments = ["--history", ROOT / "data/recorded/history.parquet"]
    arguments += ["--models", ROOT / "data/models.yaml"]
    for name in ("triples", "pairs", "shapes"):
        arguments += [f"--out-{name}", folder / f"{name}.parquet"]
    arguments += ["--out-models", folder / "models.json"]
    assert build.main([str(argument) for argument in arguments]) == 0
    return folder
