"""make_clip.py SECONDS: a PTMF clip of the camera's size, with sound, on standard output."""

import os
import pathlib
import sys

os.environ.setdefault("DUALCAM_TOOLS", "build/gcc/tools")  # beside which test media are kept
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
import convert_media  # noqa: E402

sys.stdout.buffer.write(convert_media.ptmf(int(sys.argv[1]), size=convert_media.CAMERA))
