import ast
import sys
from pathlib import Path

import bot.domain

DOMAIN = Path(bot.domain.__file__).parent


def test_the_domain_imports_nothing_but_itself_and_the_standard_library() -> None:
    foreign = [
        f"{path.name} imports {name}"
        for path in sorted(DOMAIN.rglob("*.py"))
        for name in imported(ast.parse(path.read_text()))
        if name.split(".")[0] not in sys.stdlib_module_names
        and name.split(".")[:2] != ["bot", "domain"]
    ]

    assert foreign == []


def imported(tree: ast.Module) -> list[str]:
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
    return names
