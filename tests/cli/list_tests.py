"""Prints, for CTest, the interpreter itself, where the one that was found only starts another one
(pyenv's takes longer than most tests), then every test of this folder as module.Class.method."""

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
            yield test.id()


folder = str(pathlib.Path(__file__).parent)
loader = unittest.TestLoader()
found = sorted(names(loader.discover(folder)))
if loader.errors:
    raise SystemExit("\n".join(loader.errors))
print("\n".join([sys.executable, *found]))
