"""What a module runs is found by what it imports, however it does."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.lib.imports import closure

FILES = {
    "scripts/__init__.py": "",
    "scripts/a/__init__.py": "",
    "scripts/a/start.py": "from scripts.a import near\n\ndef f():\n    import scripts.b.lazy\n",
    "scripts/a/near.py": "import os\nfrom scripts.b import by_name\n",
    "scripts/a/alone.py": "import scripts.a.near\n",
    "scripts/a/page.j2": "",
    "scripts/a/templates/part.j2": "",
    "scripts/b/__init__.py": "",
    "scripts/b/lazy.py": "from kernels.k import SIZE\n",
    "scripts/b/by_name.py": "MODULE = 'scripts.c.worker'\nNOTE = 'see scripts.c.other for more'\n",
    "scripts/c/__init__.py": "",
    "scripts/c/worker.py": "from scripts.a import start\n",
    "scripts/c/other.py": "",
    "kernels/__init__.py": "",
    "kernels/k.py": "SIZE = 1\n",
}


@pytest.fixture(autouse=True)
def _tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)


def found(*roots: str) -> set[str]:
    return {str(path) for path in closure(map(Path, roots))}


def test_imports_inside_functions_and_by_name_count_and_sentences_do_not() -> None:
    assert found("scripts/a/start.py") == set(FILES) - {"scripts/a/alone.py", "scripts/c/other.py"}


def test_files_beside_a_module_come_with_it() -> None:
    assert found("scripts/b/lazy.py") == {
        "scripts/__init__.py", "scripts/b/__init__.py", "scripts/b/lazy.py",
        "kernels/__init__.py", "kernels/k.py",
    }  # fmt: skip
    assert {"scripts/a/page.j2", "scripts/a/templates/part.j2"} <= found("scripts/a/near.py")


def test_a_folder_stands_for_its_modules() -> None:
    assert {"scripts/c/other.py", "scripts/c/worker.py"} <= found("scripts/c")
