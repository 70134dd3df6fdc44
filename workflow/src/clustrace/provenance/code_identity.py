"""Identity of a stage's code: a hash over the modules that it imports, directly or not.

Only what Python executes counts: comments, docstrings and formatting do not. Modules are the
unit. What is reached only by name at run time (``importlib.import_module``) is not an import;
the caller names such a module as a further root.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import Field

from clustrace.config.base import Model
from clustrace.config.sentences import nearest
from clustrace.errors import ConfigError
from clustrace.files import sha256_json
from clustrace.provenance.base import Sha256

# These packages observe results: they record, check, print and dispatch, after or around the
# computation, and hand nothing back to it. Were they counted, a new column of a report or a
# new field of a record would retrain every network. What config gives to a computation, values,
# enters the parameters of its rule.
_OBSERVERS = ("config", "provenance", "report", "bench", "cli", "audit", "estimate", "preflight")

# `kind` tells u"" from "", `type_comment` and `type_ignores` are comments.
_UNEXECUTED_FIELDS = frozenset({"kind", "type_comment", "type_ignores"})


class CodeIdentity(Model):
    """Identity of the code that a stage runs."""

    digest: Sha256
    """Hash over the names and hashes of all modules."""
    roots: tuple[str, ...] = ()
    """Modules that the closure starts from."""
    modules: dict[str, Sha256] = Field(default_factory=dict)
    """Normalised source hash of every module in the closure, by its name."""


def normalised_source_hash(source: str) -> str:
    """Hexadecimal sha256 of what ``source`` executes.

    Comments, docstrings (also those of attributes), positions and formatting do not enter; every
    name, constant and statement does. Fields without content are left out, because newer
    versions of Python add such fields: ordinary code has one hash on Python 3.11, 3.12 and 3.13.

    Raises:
        SyntaxError: ``source`` is not valid Python.
    """
    return hashlib.sha256(_dump(ast.parse(source)).encode()).hexdigest()


def _dump(value: Any) -> str:
    if isinstance(value, ast.AST):
        fields = ",".join(f"{name}={_dump(content)}" for name, content in _fields(value))
        return f"{type(value).__name__}({fields})"
    if isinstance(value, list):
        return f"[{','.join(_dump(item) for item in value if not _is_idle(item))}]"
    # Not repr: which characters that escapes depends on the Unicode tables of the interpreter.
    return ascii(value)


def _fields(node: ast.AST) -> Iterator[tuple[str, Any]]:
    """Fields of a node that have content, by name; the literal None is the one bare constant."""
    for name in sorted(node._fields):
        content: Any = getattr(node, name, None)
        if isinstance(node, ast.JoinedStr):  # 3.12 puts empty strings into its format parts
            content = [part for part in content if getattr(part, "value", None) != ""]
        if name not in _UNEXECUTED_FIELDS and content is not None and content != []:
            yield name, content


def _is_idle(item: Any) -> bool:
    """True for a statement that is only a string, as docstrings are: nothing executes it."""
    return (
        isinstance(item, ast.Expr)
        and isinstance(item.value, ast.Constant)
        and isinstance(item.value.value, str)
    )


class CodeIndex:
    """Import graph of a package, and the identities of code inside it.

    Imports inside functions count; imports under ``if TYPE_CHECKING:`` do not, nothing executes
    them. Sources are read where the package is imported from.

    Args:
        package: name of an importable top-level package.

    Raises:
        ConfigError: the package is not importable, a file of it is not valid Python, or a folder
            with modules has no ``__init__.py`` (its modules would escape the identity).
    """

    def __init__(self, package: str = "clustrace") -> None:
        # Here, as readers of records want the models of this module and no graph.
        import grimp
        from grimp.exceptions import GrimpException

        self._package = package
        self._folder = package_folder(package)
        try:
            self._graph = grimp.build_graph(
                package, cache_dir=None, exclude_type_checking_imports=True
            )
        except GrimpException as error:
            raise ConfigError(f"The imports of {package} cannot be read: {error}.") from error
        self._refuse_modules_outside_the_graph()
        self._hashes: dict[str, str] = {}
        self._closures: dict[str, frozenset[str]] = {}

    def closure(self, *roots: str) -> tuple[str, ...]:
        """Names of all modules that importing and running ``roots`` can execute, sorted.

        Parent packages belong to it, since importing a module runs their ``__init__``. Modules
        under provenance, report, bench, cli, audit, estimate and preflight only observe
        computations: from a root outside them they are left out, with whatever is reached through
        them alone. From a root inside them, whose product is itself a record or a report, they
        count like any other.
        The closure of several roots is the union of their closures.

        Raises:
            ConfigError: no root is given, or the package has no such module.
        """
        if not roots:
            raise ConfigError(
                "A code identity needs at least one module to start from; name the module "
                "that the rule runs."
            )
        return tuple(sorted(frozenset().union(*(self._closure_of(root) for root in roots))))

    def identity(self, *roots: str) -> CodeIdentity:
        """Identity of the code in the closure of ``roots``; their order does not matter.

        Raises:
            ConfigError: as :meth:`closure`, or a module is no longer valid Python.
        """
        modules = {name: self._hash(name) for name in self.closure(*roots)}
        return CodeIdentity(
            digest=sha256_json(modules), roots=tuple(sorted(set(roots))), modules=modules
        )

    def _closure_of(self, root: str) -> frozenset[str]:
        if root in self._closures:
            return self._closures[root]
        if root not in self._graph.modules:
            raise ConfigError(
                f"There is no module {root!r} in {self._package}"
                f"{nearest(root, self._graph.modules) or '; check its name.'}"
            )
        counts_observers = self._observes(root)
        found: set[str] = set()
        pending = {root}
        while pending:
            module = pending.pop()
            found.add(module)
            reached = set(self._graph.find_modules_directly_imported_by(module))
            if parent := module.rpartition(".")[0]:
                reached.add(parent)
            pending |= {
                name for name in reached - found if counts_observers or not self._observes(name)
            }
        self._closures[root] = frozenset(found)
        return self._closures[root]

    def _observes(self, module: str) -> bool:
        inside = module.removeprefix(f"{self._package}.")
        return inside != module and inside.partition(".")[0] in _OBSERVERS

    def _hash(self, module: str) -> str:
        if module not in self._hashes:
            try:
                source = source_of(module, self._folder).read_text(encoding="utf-8")
                self._hashes[module] = normalised_source_hash(source)
            except (OSError, SyntaxError, ValueError) as error:
                raise ConfigError(
                    f"The source of {module} cannot be read as Python ({error}); mend it."
                ) from error
        return self._hashes[module]

    def _refuse_modules_outside_the_graph(self) -> None:
        for path in sorted(self._folder.rglob("*.py")):
            parts = path.relative_to(self._folder).with_suffix("").parts
            if not all(part.isidentifier() for part in parts):
                continue  # no import statement can name it
            inside = parts[:-1] if parts[-1] == "__init__" else parts
            if ".".join((self._package, *inside)) not in self._graph.modules:
                raise ConfigError(
                    f"{path} would not enter the code identity of {self._package}; "
                    "add the missing __init__.py on the way to it."
                )


def source_of(module: str, package: Path) -> Path:
    """File of a module of the top-level package that lies in the folder ``package``."""
    path = package.joinpath(*module.split(".")[1:])
    inside = path / "__init__.py"
    return inside if inside.is_file() else path.with_name(f"{path.name}.py")


def package_folder(package: str) -> Path:
    """Folder of an importable top-level package.

    Raises:
        ConfigError: there is no such package.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ConfigError(
            f"The package {package!r} cannot be imported here; install it or set PYTHONPATH."
        )
    return Path(spec.origin).parent


@functools.cache
def code_index() -> CodeIndex:
    """The index of this package, built at the first call in a process.

    Raises:
        ConfigError: as :class:`CodeIndex`.
    """
    return CodeIndex()
