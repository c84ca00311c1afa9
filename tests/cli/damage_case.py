"""What tests of dcam-convert on damaged inputs share."""

import json

import convert_media as media
from test_convert import ConvertCase


def overwritten(content, at, data):
    return content[:at] + data + content[at + len(data):]


class DamageCase(ConvertCase):
    outputs = (("out.mkv", []), ("out.mp4", ["--codec", "h264"]))

    def record_of(self, name, *arguments, code=1):
        return json.loads(self.convert("--json", "--if-exists", "replace", *arguments, name,
                                       code=code))

    def assert_decodes(self, name, frames, lost=0, outputs=None):
        """Whatever is made of it, so many pictures come out, and so many are said to be lost."""
        for output, options in outputs or self.outputs:
            record = self.record_of(name, "-o", output, *options)
            self.assertEqual((record["frames"], record["frames_lost"]), (frames, lost), output)
            self.assertEqual(len(media.frame_hashes(self.folder / output)), frames, output)
            (self.folder / output).unlink()
        self.convert("--strict", "-o", "strict.mkv", name, code=1)
        self.assertNotIn("strict.mkv", self.names())
        return record
