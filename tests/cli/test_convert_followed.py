"""dcam-convert --follow beside a real dcam-serve, which dies in mid-file and is started again."""

import subprocess
import unittest

import convert_media as media
from harness import PATIENCE, ToolTest, tool, wait_until


class Followed(ToolTest):
    def part(self):
        return next((path for path in self.out.rglob("*.part")
                     if path.suffixes[-2:] == [".h265", ".part"]), None)

    def test_the_servers_restart_costs_no_picture(self):
        clip = self.folder / "clip.h265"
        clip.write_bytes(media.ptmf(2))
        server = self.serve()
        camera = self.start("dcam-sim", f"127.0.0.1:{server.port}", f"videof={clip}", "--rate", "50K",
                            "--reconnect", "999", "--reconnect-delay", "50ms")
        wait_until(lambda: self.part() and self.part().stat().st_size > 15_000)
        follower = subprocess.Popen([tool("dcam-convert"), "--follow", str(self.part())],
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(follower.kill)
        server.process.kill()
        server.process.wait()
        again = self.start("dcam-serve", "-b", "127.0.0.1", "-p", str(server.port), "-o", self.out)
        out, said = follower.communicate(timeout=PATIENCE)
        self.assertEqual((follower.returncode, said), (0, b""))
        self.assertEqual(camera.process.wait(PATIENCE), 0)
        self.assertEqual(again.process.wait(PATIENCE), 0)
        live = self.folder / "live.mkv"
        live.write_bytes(out)
        self.assertEqual(media.frame_hashes(live), media.frame_hashes(media.hevc(2)))
        self.assert_stored(clip)


if __name__ == "__main__":
    unittest.main()
