"""Rows for the table of figures that tests/run.sh prints, and how often to try for one."""

import os


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
