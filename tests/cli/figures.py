"""Rows for the table of figures that tests/run.sh prints, and how often to try for one.

Run as a program it prints the table of the builds named:  figures.py build/gcc build/clang
"""

import itertools
import os
import pathlib
import sys
import textwrap

COLUMNS = {"figure": 15, "how": 44, "count": 9, "result": 32, "target": 30, "build": 10}


def full(short, whole):
    """`whole` if DUALCAM_FULL is 1 (tests/run.sh --full), else `short`."""
    return whole if os.environ.get("DUALCAM_FULL") == "1" else short


def figure(name, how, count, result, target):
    """Appends a row to the file that DUALCAM_FIGURES names, if any. `how` says what was done, with
    its seed."""
    path = os.environ.get("DUALCAM_FIGURES")
    if path:
        with open(path, "a") as rows:  # tests run side by side: one write a row
            rows.write("\t".join(map(str, (name, how, count, result, target))) + "\n")


def print_table(folders):
    """The rows of every FOLDER/figures.tsv; one for builds that agree."""
    builds = {}
    for folder in map(pathlib.Path, folders):
        path = folder / "figures.tsv"
        for row in path.read_text().splitlines() if path.exists() else ():
            builds.setdefault(tuple(row.split("\t")), []).append(folder.name)
    print_row(COLUMNS)
    for row in sorted(builds):
        print_row([*row, ", ".join(dict.fromkeys(builds[row]))])


def print_row(fields):
    wrapped = [textwrap.wrap(field, width) for field, width in zip(fields, COLUMNS.values())]
    for line in itertools.zip_longest(*wrapped, fillvalue=""):
        padded = [part.rjust(width) if name == "count" else part.ljust(width)
                  for part, (name, width) in zip(line, COLUMNS.items())]
        print("  ".join(padded).rstrip())


if __name__ == "__main__":
    print_table(sys.argv[1:])
