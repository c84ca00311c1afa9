"""Prints, for CTest, the interpreter itself, where the one that was found only starts another one
(pyenv's takes longer than most tests), then every class of tests of this folder as module.Class."""

import os
import pathlib
import sys
import unittest

os.environ.setdefault("DUALCAM_TOOLS", ".")


def names(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from names(test)
        else:
            yield test.id().rpartition(".")[0]


folder = str(pathlib.Path(__file__).parent)
loader = unittest.TestLoader()
found = sorted(set(names(loader.discover(folder))))
if loader.errors:
    raise SystemExit("\n".join(loader.errors))
print("\n".join([sys.executable, *found]))
