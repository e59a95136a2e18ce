"""Does a text that is about to be written still parse as the language its name says it is?"""

from __future__ import annotations

from posixpath import basename


def parses(path: str, text: str) -> None:
    """Raise ``SyntaxRefusedError`` where ``text`` is no valid file of its kind; unknown kinds pass.

    ``path`` is only looked at for its name.
    """
    name = basename(path)
    if name.endswith((".py", ".pyi")):
        from chatkit_integrator.syntax.python import parse_check  # noqa: PLC0415 - heavy: libcst

        parse_check(text, path)
    elif name.endswith((".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts")):
        from chatkit_integrator.syntax.tsx import parse_check  # noqa: PLC0415 - heavy: tree-sitter

        parse_check(text, path)
    elif name.endswith(".toml"):
        from chatkit_integrator.syntax.toml import parse_check  # noqa: PLC0415 - heavy: tomlkit

        parse_check(text, path)
    elif name.endswith((".json", ".jsonc")):
        from chatkit_integrator.syntax.jsonc import parse_check  # noqa: PLC0415 - only where it is needed

        parse_check(text, path)
