#!/usr/bin/env python3
"""How long a page over 10,000 files takes: to make, to make again, and to open in Chromium.

    tests/bench/page_bench.py [TOOLS [FILES]]
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

os.environ["DUALCAM_TOOLS"] = sys.argv[1] if len(sys.argv) > 1 else "build/gcc/tools"
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
import convert_media as media
from chromium import Chromium

FIRST = 350612071913857
CAMERAS = 50
TRIGGERS = ["server request", "DIN1", "DIN2", "crash", "towing"]


def fill(folder, files, originals):
    """Photos and videos of both lenses, every minute, with sidecars; what a page makes is there."""
    for number in range(files):
        camera, moment = number % CAMERAS, number // CAMERAS
        kind = ("videof", "videor", "photof", "photor")[moment % 4]
        extension = ".h265" if kind.startswith("video") else ".jpg"
        when = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(1_730_000_000 + moment // 4 * 3600))
        place = folder / str(FIRST + camera)
        place.mkdir(parents=True, exist_ok=True)
        path = place / f"{when.replace('-', '').replace(':', '')}Z_{kind}{extension}"
        trigger = (moment // 4 + camera) % len(TRIGGERS)
        path.with_name(path.name + ".json").write_text(json.dumps({
            "imei": str(FIRST + camera), "camera": "dualcam", "kind": kind, "version": 4,
            "time": when + ".000Z", "trigger": trigger, "trigger_name": TRIGGERS[trigger],
            "frame_rate": 20, "time_zone_minutes": 120, "latitude": 54.7 + moment * 1e-3,
            "longitude": 25.2 + (moment * 7 % 50) * 1e-3, "position_valid": True}))
        os.link(originals[extension], path)
        if extension == ".h265":
            stamp = path.stat().st_mtime_ns
            for product in (".web.mp4", ".web.jpg"):
                made = originals[product]
                os.utime(made, ns=(stamp, stamp))
                os.link(made, path.with_name(path.name + product))


def main():
    tools = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build/gcc/tools").resolve()
    files = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        clip = work / "clip.h265"
        clip.write_bytes(media.ptmf(1))
        convert = str(tools / "dcam-convert")
        subprocess.run([convert, "-q", "--page", work / "one.html", clip], check=True,
                       stdout=subprocess.DEVNULL)
        photo = pathlib.Path(str(clip) + ".web.jpg")
        os.link(photo, work / "photo.jpg")
        originals = {".h265": clip, ".jpg": work / "photo.jpg", ".web.jpg": photo,
                     ".web.mp4": pathlib.Path(str(clip) + ".web.mp4")}
        fill(work / "footage", files, originals)
        for what in ("made", "made again"):
            begin = time.monotonic()
            subprocess.run([convert, "-q", "--page", work / "index.html", work / "footage"],
                           check=True, stdout=subprocess.DEVNULL)
            print(f"{what:12} {time.monotonic() - begin:6.2f} s")
        print(f"{'size':12} {(work / 'index.html').stat().st_size / 1e6:6.1f} MB")
        with Chromium() as browser:
            browser.open("about:blank#")
            begin = time.monotonic()
            browser.open((work / "index.html").as_uri())
            shown = browser.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout("
                                     "() => done(document.getElementById('shown').value))))")
            print(f"{'opened':12} {time.monotonic() - begin:6.2f} s  {shown}")
            begin = time.monotonic()
            shown = browser.evaluate(
                "new Promise(done => { const day = document.querySelector('[name=day]');"
                "day.selectedIndex = 1; day.dispatchEvent(new Event('change', {bubbles: true}));"
                "requestAnimationFrame(() => setTimeout(() => done(document.getElementById('shown').value)))})")
            print(f"{'filtered':12} {time.monotonic() - begin:6.2f} s  {shown}")


if __name__ == "__main__":
    main()
