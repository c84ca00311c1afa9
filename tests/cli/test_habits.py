"""Small things that people expect of any tool."""

import fcntl
import os
import pathlib
import re
import shutil
import socket
import subprocess
import unittest

from harness import IMEI, SIGTERM, STATE, ToolTest, sha256, tool, wait_until

TAKE_LISTS = ("dcam-crc", "dcam-meta", "dcam-convert", "dcam-sim")


class FileLists(ToolTest):
    def crc(self, *arguments, **options):
        return subprocess.run([tool("dcam-crc"), *map(str, arguments)], capture_output=True, text=True,
                              **options)

    def test_a_list_has_a_name_on_each_line_or_before_each_nul(self):
        names = [self.folder / name for name in ("a b", "-q", "c\\d", "ü")]
        odd = self.folder / "two\nlines"
        for path in (*names, odd):
            path.write_bytes(b"123456789")
        lines, nuls = self.folder / "lines", self.folder / "nuls"
        lines.write_text("".join(f"{name}\n" for name in names))
        nuls.write_text("".join(f"{name}\0" for name in (*names, odd)))
        expected = self.crc(*names)
        self.assertEqual(expected.returncode, 0)
        for arguments, data in ((("--files-from", lines), None), (("--files-from=-",), lines),
                                (("--files-from", self.folder / "open"), lines)):
            text = lines.read_text() if data else ""
            if data:  # without a line end at its end, and with empty lines
                (self.folder / "open").write_text("\n" + text.replace("\n", "\n\n").rstrip("\n"))
            result = self.crc(*arguments, input=text)
            self.assertEqual((result.returncode, result.stdout), (0, expected.stdout), result.stderr)
        result = self.crc("-0", "--files-from", nuls)
        self.assertEqual((result.returncode, result.stdout), (0, self.crc(*names, odd).stdout))

    def test_lists_add_to_what_is_named_and_to_each_other(self):
        for name in "abc":
            (self.folder / name).write_text(name)
        (self.folder / "one").write_text("b\n")
        (self.folder / "two").write_text("c\n")
        result = self.crc("a", "--files-from", "one", "--files-from", "two", cwd=self.folder)
        self.assertEqual([line.split()[-1] for line in result.stdout.splitlines()], ["a", "b", "c"])

    def test_an_empty_list_is_nothing_to_do(self):
        for name in TAKE_LISTS:
            arguments = ["localhost:1"] if name == "dcam-sim" else []
            result = self.run_tool(name, "--files-from", "/dev/null", *arguments)
            self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""), name)

    def test_a_list_that_cannot_be_read(self):
        for name in TAKE_LISTS:
            result = self.run_tool(name, "--files-from", self.folder / "missing", "localhost:1")
            self.assertEqual(result.returncode, 3, name)
            self.assertIn(f"--files-from {self.folder}/missing: ", result.stderr)
        result = self.run_tool("dcam-crc", "--files-from", "/dev/zero")
        self.assertEqual(result.returncode, 3)
        self.assertIn("longer than 64 MiB", result.stderr)

    def test_what_cannot_be_meant(self):
        for arguments, text in ((["-0", "a"], "--null is of use with --files-from only"),
                                (["--files-from", "-", "-"], "standard input has the list")):
            result = self.run_tool("dcam-crc", *arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertIn(text, result.stderr)

    def test_listed_files_are_uploaded_and_shown(self):
        photo, video = self.file("a.jpg", 3000), self.file("b.h265", 5000)
        names = self.folder / "list"
        names.write_text(f"photor={photo}\nvideor={video}\n")
        server = self.serve()
        self.assertEqual(self.sim(server, "--files-from", names).returncode, 0)
        self.assertEqual(server.wait(), 0)
        self.assert_stored(photo, video)
        found = subprocess.run(["find", self.out, "-name", "*.json", "-print0"], capture_output=True,
                               check=True).stdout
        shown = subprocess.run([tool("dcam-meta"), "-0", "--files-from=-"], input=found,
                               capture_output=True)
        self.assertEqual(shown.returncode, 0)
        self.assertEqual(sorted(re.findall(r"^file +(.*)$", shown.stdout.decode(), re.MULTILINE)),
                         ["rear photo", "rear video"])


class Paths(ToolTest):
    def test_paths_end_in_a_nul_where_that_is_asked_for(self):
        self.out.rmdir()
        self.out = self.folder / "two\nlines"
        self.out.mkdir()
        photo, video = self.file("a.jpg", 3000), self.file("b.h265", 5000)
        server = self.serve("--print0")
        self.assertEqual(self.sim(server, f"photof={photo}", f"videof={video}").returncode, 0)
        self.assertEqual(server.wait(), 0)
        paths = server.output.split("\0")
        self.assertEqual(paths.pop(), "")
        self.assertEqual(sorted(map(sha256, paths)), sorted([sha256(photo), sha256(video)]))

    def test_such_paths_are_told_again_after_a_stuck_reader_too(self):
        """What counts lines counts these."""
        photo = self.file("a.jpg", 3000)
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        os.write(writer, b"x" * 4096)
        server = self.serve("-k", "--print0", stdout=writer)
        os.close(writer)
        self.assertEqual(self.sim(server, f"photof={photo}").returncode, 0)
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 3)
        self.assertIn("the reader of standard output has not taken 1 line: ", server.errors)
        told = []
        for _ in range(2):
            server = self.serve("-k", "--print0")
            if not told:
                wait_until(lambda: b"\nsaid " in (self.out / STATE / IMEI).read_bytes(), "it is said")
            server.signal(SIGTERM)
            self.assertEqual(server.wait(), 0)
            told.append(server.output)
        self.assertEqual(told, [f"{self.out / self.stored()[0]}\0", ""])

    def test_json_and_nul_exclude_each_other(self):
        for name in ("dcam-serve", "dcam-convert", "dcam-meta"):
            result = self.run_tool(name, "--print0", "--json", "--tag" if name == "dcam-meta" else "-q",
                                   *(["x"] if name != "dcam-serve" else []))
            self.assertEqual(result.returncode, 2, name)
            self.assertIn("--print0", result.stderr)


class DryRun(ToolTest):
    def paths(self, *arguments):
        result = self.run_tool("dcam-serve", "-n", "-o", self.out, *arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout.splitlines()

    def test_it_prints_where_files_would_go_and_makes_nothing(self):
        self.out.rmdir()
        paths = self.paths()
        self.assertEqual(len(paths), 7)
        for path in paths:
            self.assertRegex(path, rf"^{self.out}/{IMEI}/\d{{8}}T\d{{6}}Z_\w+\.(jpg|h265|mp4)$")
        self.assertEqual(sorted(re.search(r"Z_(\w+)", path)[1] for path in paths),
                         ["adas", "dashcam", "dsm", "photof", "photor", "videof", "videor"])
        self.assertFalse(self.out.exists())

    def test_it_heeds_the_options_that_names_depend_on(self):
        other = str(int(IMEI) + 1)
        self.assertEqual(self.paths("-i", other, "-s", "photof", "--name", "x/{imei}-{kind}{ext}"),
                         [f"{self.out}/x/{other}-photof.jpg"])
        (self.out / "a.jpg").touch()
        named = ("-s", "photof", "--name", "a{ext}")
        self.assertEqual(self.paths(*named), [f"{self.out}/a_1.jpg"])
        self.assertEqual(self.paths(*named, "--if-exists", "replace"), [f"{self.out}/a.jpg"])
        for refuse in ("skip", "fail"):
            self.assertEqual(self.paths(*named, "--if-exists", refuse), [])
        self.assertEqual(self.run_tool("dcam-serve", "-n", "-o", "-").stdout, "-\n")

    def test_it_needs_no_port(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.assertTrue(self.paths("-p", taken.getsockname()[1]))

    def test_a_folder_that_files_cannot_go_to_is_told_as_it_will_be(self):
        for folder in (self.folder / "no/new", "/dev/null/x"):
            said = [self.run_tool("dcam-serve", "--log-time", "never", "-p", "0", "-o", folder, *dry)
                    for dry in ((), ("-n",))]
            self.assertEqual([result.returncode for result in said], [3, 3])
            self.assertEqual(said[0].stderr, said[1].stderr)
            self.assertEqual(said[1].stdout, "")

    def test_as_events(self):
        result = self.run_tool("dcam-serve", "-n", "--json", "-s", "photof")
        event = self.event(result.stdout, "would-store")
        self.assertEqual((event["imei"], event["kind"]), (IMEI, "photof"))

    def test_a_full_disk_is_an_error(self):
        with open("/dev/full", "w") as full:
            result = subprocess.run([tool("dcam-serve"), "-n"], stdout=full, stderr=subprocess.PIPE)
        self.assertEqual(result.returncode, 3)


class Simulator(ToolTest):
    def ffmpeg(self, script):
        """A stand-in for ffmpeg; the PATH that finds it."""
        path = self.folder / "ffmpeg"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return {**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}"}

    def test_nobody_listens_ffmpeg_is_not_started(self):
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))  # and does not listen
            port = bound.getsockname()[1]
            result = self.run_tool("dcam-sim", f"127.0.0.1:{port}",
                                   env=self.ffmpeg(f"touch {self.folder}/started"))
        self.assertEqual(result.returncode, 3)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertIn("is dcam-serve listening there?", result.stderr)
        self.assertFalse((self.folder / "started").exists())

    def test_what_cannot_be_connected_to_is_named_as_it_was_given(self):
        photo = self.file("a.jpg", 100)
        with socket.create_server(("::1", 0), family=socket.AF_INET6) as bound:
            port = bound.getsockname()[1]  # nobody listens there afterwards
        for address, why in (
                ("no-such.invalid:7050", "(there is no host of that name|no name server answers)"),
                (f"[::1]:{port}", r"Connection refused; is dcam-serve listening there\?")):
            result = self.run_tool("dcam-sim", address, photo)
            self.assertEqual(result.returncode, 3)
            self.assertRegex(result.stderr,
                             rf"\Adcam-sim: cannot connect to {re.escape(address)}: {why}\n\Z")
        for nothing in ("photof=", ""):
            result = self.run_tool("dcam-sim", "localhost:1", nothing)
            self.assertEqual((result.returncode, result.stderr), (2, f"dcam-sim: '{nothing}' names no file\n"))

    def test_a_kind_that_is_none(self):
        photo = self.file("a.jpg", 100)
        for word, near in (("videoq", "video[fr]"), ("photo", "photo[fr]"), ("fotof", "photof")):
            result = self.run_tool("dcam-sim", "localhost:1", f"{word}={photo}")
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertRegex(result.stderr, f"'{word}' is no kind of file; give photof, photor, videof or"
                             f" videor; did you mean '{near}'")
        result = self.run_tool("dcam-sim", "localhost:1", f"xyzzy={photo}")
        self.assertNotIn("did you mean", result.stderr)

    def test_a_file_whose_name_looks_like_a_kind(self):
        server = self.serve()
        photo = self.file("x=a.jpg", 100)
        shutil.copy(photo, self.folder / "videoq=a.jpg")
        result = self.run_tool("dcam-sim", f"127.0.0.1:{server.port}", "videoq=a.jpg", cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        server.wait()
        self.assert_stored(photo)

    def test_again_offers_the_same_files_and_the_transfer_goes_on(self):
        first = self.serve()
        stopped = self.sim(first, "--generate", "1", "--cut", "30")
        self.assertEqual(stopped.returncode, 5, stopped.stderr)
        first.expect("waiting for the camera to come back")
        first.signal(SIGTERM)
        self.assertEqual(first.wait(), 143)
        second = self.serve("--json")
        result = self.sim(second, "--again")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertNotIn("making", result.stderr)
        self.assertEqual(second.wait(), 0)
        resumed = [event for event in self.events(second.output) if event["event"] == "resumed"]
        self.assertEqual([event["reason"] for event in resumed], ["held"])
        cache = self.folder / "cache/dcam-sim"
        self.assert_stored(cache / "photof.jpg", cache / "videof.h265")

    def test_again_tells_of_them_what_was_told_before(self):
        said = []
        for arguments in (("--generate", "1", "--fps", "10"), ("--again",), ("--again",)):
            self.fresh()
            server = self.serve()
            self.assertEqual(self.sim(server, *arguments).returncode, 0)
            server.wait()
            said.append({path.name: path.read_text() for path in self.out.rglob("*.json")
                         if ".dcam-serve" not in path.parts})
        self.assertEqual(len(said[0]), 2)
        self.assertEqual(said[0], said[1])
        self.assertEqual(said[1], said[2])

    def test_again_without_a_first_time(self):
        result = self.run_tool("dcam-sim", "--again", "localhost:1")
        self.assertEqual(result.returncode, 3)
        self.assertIn("a run without --again and FILEs generates it", result.stderr)
        cache = self.folder / "cache/dcam-sim"
        cache.mkdir(parents=True)
        for text in ("", "{}", "[1]", '{"files": 1}', '{"files": [], "seconds": -1, "frame_rate": 300}',
                     '{"files": [{"file": 7}], "seconds": 1, "frame_rate": 1}'):
            (cache / "generated.json").write_text(text)
            self.assertEqual(self.run_tool("dcam-sim", "--again", "localhost:1").returncode, 3, text)

    def test_again_and_files_exclude_each_other(self):
        for arguments in (("a.jpg",), ("--generate", "1")):
            result = self.run_tool("dcam-sim", "--again", "localhost:1", *arguments)
            self.assertEqual(result.returncode, 2)
            self.assertIn("--again offers what was generated last", result.stderr)

    def test_a_cache_that_cannot_be_written_costs_nothing(self):
        (self.folder / "cache").write_text("no folder")
        server = self.serve()
        self.assertEqual(self.sim(server, "--generate", "1").returncode, 0)
        self.assertEqual(server.wait(), 0)


if __name__ == "__main__":
    unittest.main()
