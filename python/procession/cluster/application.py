"""The program whose functions tasks call, as the workers of a host have it."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Self

__all__ = ["Application", "app_version"]


@dataclass(frozen=True)
class Application:
    """A module, or a file, in a certain version if that matters."""

    target: str
    version: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads ``module``, ``path/to/file.py``, or one of them with ``:version`` behind.

        Raises:
            ValueError: if it is none of these, or there is no such file.
        """
        target, colon, version = text.rpartition(":")
        if not colon or os.sep in version:
            target, version = text, ""
        elif not version:
            raise ValueError(f"--app {text}: there is no version behind the colon")
        app = cls(target, version or None)
        if app._is_file:
            if not Path(target).is_file():
                raise ValueError(f"--app {target}: there is no such file here, in {os.getcwd()}")
        elif not all(part.isidentifier() for part in target.split(".")):
            raise ValueError(f"--app {text} is neither the name of a module nor a file, as in shop.tasks, shop.tasks:v2 or path/to/shop.py")
        return app

    @property
    def _is_file(self) -> bool:
        return self.target.endswith(".py")

    def load(self) -> ModuleType:
        """The module of that name, or in that file.

        Raises:
            ImportError: if there is none, or another one has the name of the file.
        """
        if not self._is_file:
            return importlib.import_module(self.target)
        path = Path(self.target).resolve()
        sys.path.insert(0, str(path.parent))
        module = importlib.import_module(path.stem)
        if module.__file__ is None or not path.samefile(module.__file__):
            raise ImportError(f"{path} cannot be imported, since there is another module {path.stem!r}: give the file another name", name=path.stem)
        return module


def app_version(apps: Iterable[Application]) -> str | None:
    """The version that the apps have, of which some may have none.

    Raises:
        ValueError: if they have several.
    """
    versions = sorted({app.version for app in apps if app.version is not None})
    if len(versions) > 1:
        raise ValueError(f"a host serves one version of a program, and its apps have {' and '.join(versions)}")
    return versions[0] if versions else None
