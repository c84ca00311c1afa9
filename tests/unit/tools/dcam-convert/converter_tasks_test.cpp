// dcam-convert's tasks beside the plain one: pictures of a moment, playlists of whole files, what
// has to wait, and what is said of odd inputs.
#include "dcam-convert/converter.hpp"

#include "common/json.hpp"
#include "tools/dcam-convert/live_studio.hpp"
#include "tools/dcam-convert/mp4_parts.hpp"

namespace dualcam::convert::converter_tasks_test {
namespace {

const std::string sets_of_322 = "00000001 40010c01 00000001 42010101600000030090000003000003003ca0"
                                "0a480b9c9596566924caf0168008 00000001 4401c0f2 ";
const std::string key_unit = "00000001 2601 a0 11223344 ";
const std::string other_unit = "00000001 0201 d0 55667788 ";

/// Its four pictures are whole, unless their bytes are changed.
ByteBuffer whole_mp4(const mp4_parts::TrackParts& pictures = {},
                     const ByteBuffer& movie_header = mp4_parts::movie_header,
                     const ByteBuffer& other_track = {}) {
  const auto movie = box("moov", joined({movie_header, pictures.build(), other_track}));
  auto file = joined({box("ftyp", mp4_parts::text("isom")), movie, box("mdat", ByteBuffer(4000))});
  const auto fill = [&](std::size_t offset, std::string_view hex) {
    std::ranges::copy(from_hex(hex), file.begin() + static_cast<std::ptrdiff_t>(offset));
  };
  fill(1000, "00000006 010203040506");
  fill(1010, "00000002 0102 00000006 010203040506");
  fill(1030, "0000001a 01");
  fill(2000, "00000024 01");
  return file;
}

ByteBuffer created_at(std::uint32_t seconds) {
  return box("mvhd", mp4_parts::words({0, seconds, 0, 600, 1800}));
}

} // namespace

TEST_CASE("converter tasks: a thumbnail is of the picture at --at, from its key picture on") {
  Studio studio;
  studio.clip(16, false); // each 50 ms, every second one 16.6 ms later
  studio.ffmpeg_makes(photo());
  studio.options.thumbnail = studio.path("t.jpg");
  struct Case {
    int milliseconds;
    const char* told;
    std::size_t pictures;
  };
  for (const auto& [milliseconds, told, pictures] : {
           Case{66, "select=eq(n\\,0)", 8},
           {67, "select=eq(n\\,1)", 8},
           {399, "select=eq(n\\,7)", 8},
           {400, "select=eq(n\\,0)", 8},
       }) {
    CAPTURE(milliseconds);
    studio.options.at = Moment(std::chrono::microseconds(milliseconds * 1000));
    const auto ran = studio.run();
    CHECK(ran.code == ExitCode::done);
    CHECK_THAT(studio.calls(), ContainsSubstring(told));
    CHECK(count(content_of(studio.tools / "read"), "\x1F\x43\xB6\x75") == pictures);
  }
  studio.options.at = Moment(std::chrono::seconds(9));
  const auto ran = studio.run();
  CHECK(ran.code == ExitCode::usage);
  CHECK_THAT(ran.errors, ContainsSubstring("a.ptmf: --at: the clip is 0."));
  CHECK(studio.calls().empty());
}

TEST_CASE(
    "converter tasks: without --at a thumbnail is of the trigger's moment, if that is known") {
  Studio studio;
  studio.clip(16, false);
  studio.options.dry_run = true;
  studio.options.thumbnail = studio.path("t.jpg");
  for (const auto& [trigger, told] : {std::pair{"42.100", "select=eq(n"},
                                      {"43.100", "-skip_frame nokey"},
                                      {"10.000", "-skip_frame nokey"}}) {
    write_file(studio.path("a.ptmf.json"),
               R"({"time": "2024-10-29T12:43:42.500Z", "trigger_time": "2024-10-29T12:43:)" +
                   std::string(trigger) + R"(Z"})");
    CHECK_THAT(studio.run().output, ContainsSubstring(told));
  }
}

TEST_CASE("converter tasks: of an MP4 ffmpeg seeks the picture that --at tells") {
  Studio studio;
  studio.input("a.mp4", whole_mp4()); // pictures are shown at 5, 40, 80 and 130 ms
  studio.options.thumbnail = studio.path("t.jpg");
  studio.options.dry_run = true;
  CHECK_THAT(studio.run().output, ContainsSubstring("-skip_frame nokey -i file:a.mp4 "));
  for (const auto& [milliseconds, told] :
       {std::pair{0, "-seek_timestamp 1 -ss 0us "}, {100, "-seek_timestamp 1 -ss "}}) {
    studio.options.at = Moment(std::chrono::microseconds(milliseconds * 1000));
    CHECK_THAT(studio.run().output, ContainsSubstring(told));
  }
  studio.options.inputs.clear();
  studio.input("p.jpg", photo()); // a moment itself
  CHECK_THAT(studio.run().output,
             ContainsSubstring("-f jpeg_pipe -i file:p.jpg -map 0:v:0 -frames"));
}

TEST_CASE("converter tasks: a whole file becomes a playlist of ffmpeg's fragments") {
  LiveStudio copied(false);
  (void)copied.run();
  const auto fragments = copied.made("a.mp4");
  LiveStudio studio(false);
  studio.options.live = false;
  studio.options.container.reset();
  studio.options.output = studio.path("hls/a.m3u8");
  studio.ffmpeg_has("product", fragments);
  auto ran = studio.run();
  CHECK(ran.errors == "");
  CHECK(ran.code == ExitCode::done);
  CHECK(ran.output == "hls/a.m3u8\n");
  CHECK_THAT(studio.calls(), ContainsSubstring("+frag_keyframe+delay_moov"));
  CHECK_THAT(studio.calls(), ContainsSubstring(" pipe:1"));
  const auto playlist = studio.made("hls/a.m3u8");
  CHECK(count(playlist, "#EXTINF:0.200000,") == 2);
  CHECK(playlist.ends_with("#EXT-X-ENDLIST\n"));
  CHECK(pictures_in(studio.made("hls/a-init.mp4") + studio.made("hls/a-00000.m4s") +
                    studio.made("hls/a-00001.m4s"))
            .pictures == 8);
  studio.clip(9, false); // more than ffmpeg makes
  studio.options.inputs = {studio.path("a.ptmf")};
  studio.options.if_exists = IfExists::replace;
  ran = studio.run();
  CHECK(ran.code == ExitCode::child_failed);
  CHECK_THAT(ran.errors, ContainsSubstring("a.ptmf: ffmpeg wrote 8 of 9 frames\n"));
  studio.ffmpeg_has("product", fragments.substr(0, fragments.size() - 1));
  CHECK_THAT(studio.run().errors, ContainsSubstring("ffmpeg left a broken file: it is cut short"));
}

TEST_CASE("converter tasks: a playlist whose pictures change their size is made without ffmpeg") {
  Studio studio;
  studio.input("a.h265", from_hex(live_sets() + key_unit + other_unit + sets_of_322 + key_unit +
                                  other_unit + other_unit));
  studio.options.fps = 10;
  studio.options.output = studio.path("a.m3u8");
  auto ran = studio.run();
  CHECK(ran.code == ExitCode::done);
  CHECK(ran.output == "a.m3u8\n");
  CHECK_THAT(ran.errors, ContainsSubstring("from frame 2 (0.200 s) on pictures are 322x182, before "
                                           "1280x720: all are kept"));
  CHECK(studio.calls().empty());
  CHECK(studio.folder.names() == std::set<std::string>{"a.h265", "a.m3u8", "a-init.mp4",
                                                       "a-init2.mp4", "a-00000.m4s",
                                                       "a-00001.m4s"});
  CHECK(pictures_in(studio.made("a-init.mp4") + studio.made("a-00000.m4s")).pictures == 2);
  CHECK(pictures_in(studio.made("a-init2.mp4") + studio.made("a-00001.m4s")).pictures == 3);
  CHECK(count(studio.made("a.m3u8"), "#EXT-X-DISCONTINUITY\n") == 1);
  studio.options.codec = Codec::h264; // all of one size then
  studio.options.if_exists = IfExists::replace;
  CHECK(studio.run().code == ExitCode::child_failed); // what it makes are no fragments
  CHECK_THAT(studio.calls(), ContainsSubstring("-c:v libx264"));
}

TEST_CASE("converter tasks: what is wanted live and cannot be so is told why") {
  struct Case {
    Container container;
    AudioMode audio;
    bool strict;
    const char* name;
    const char* why;
  };
  for (const auto& [container, audio, strict, name, why] :
       {Case{Container::fragments, AudioMode::aac, false, "a.mp4",
             "live fragments have FLAC, not the AAC that --audio asks for"},
        {Container::fragments, AudioMode::automatic, true, "a.mp4",
         "--strict judges the input first"},
        {Container::mov, AudioMode::automatic, false, "a.mov",
         "while it comes about, .mkv and fragmented MP4 can be"}}) {
    LiveStudio studio;
    studio.options.container = container;
    studio.options.audio = audio;
    studio.options.strict = strict;
    studio.options.output = studio.path(name);
    const auto ran = studio.run();
    CHECK_THAT(ran.errors, ContainsSubstring("in: " + std::string(name) +
                                             " can be played once it is whole; " + why + "\n"));
    CHECK_FALSE(studio.calls().empty()); // it is converted as ever
  }
  LiveStudio matroska_file;
  matroska_file.options.container = Container::matroska;
  matroska_file.options.output = matroska_file.path("a.mkv");
  CHECK(matroska_file.run().errors.empty());
  CHECK(matroska_file.calls().empty());
}

TEST_CASE("converter tasks: what is not PTMF is converted once all of it has come, which is told") {
  LiveStudio studio;
  write_file(studio.path("in"), as_text(whole_mp4()));
  studio.ffmpeg_makes(whole_mp4());
  const auto ran = studio.run();
  CHECK_THAT(ran.errors, ContainsSubstring("in: is not live, only PTMF is: the output comes once "
                                           "all of it has\n"));
  CHECK_THAT(studio.calls(), ContainsSubstring("-i file:in "));
}

TEST_CASE("converter tasks: a value of the metadata that cannot be is left out, or an error") {
  Studio studio;
  studio.clip(8);
  studio.options.dry_run = true;
  const std::string metadata = R"({"time": "soon", "imei": "350612071913857"})";
  write_file(studio.path("a.ptmf.json"), metadata);
  auto ran = studio.run();
  CHECK(ran.code == ExitCode::done);
  CHECK_THAT(ran.errors, ContainsSubstring("a.ptmf.json: time \"soon\" is no point in time; going "
                                           "on without it\n"));
  CHECK_THAT(ran.output, ContainsSubstring("imei=350612071913857"));
  write_file(studio.path("m.json"), metadata);
  studio.options.meta = studio.path("m.json");
  ran = studio.run();
  CHECK(ran.code == ExitCode::bad_data);
  CHECK_THAT(ran.errors, ContainsSubstring("a.ptmf: m.json: time \"soon\" is no point in time\n"));
  CHECK(ran.output.empty());
}

TEST_CASE("converter tasks: an MP4's own time counts where it is one after 1970") {
  constexpr std::uint32_t from_1904_to_1970 = 2'082'844'800;
  Studio studio;
  studio.options.dry_run = true;
  const auto output = [&](std::uint32_t created) {
    studio.options.inputs.clear();
    studio.input("a.mp4", whole_mp4({}, created_at(created)));
    return studio.run().output;
  };
  CHECK_THAT(output(from_1904_to_1970 + 1'730'205'822),
             ContainsSubstring("creation_time=2024-10-29T12:43:42"));
  CHECK_THAT(output(from_1904_to_1970 + 1), ContainsSubstring("creation_time=1970-01-01T00:00:01"));
  CHECK_THAT(output(from_1904_to_1970), !ContainsSubstring("creation_time"));
  CHECK_THAT(output(0), !ContainsSubstring("creation_time"));
  write_file(studio.path("a.mp4.json"), R"({"time": "2024-01-01T00:00:00Z"})");
  CHECK_THAT(output(from_1904_to_1970 + 1'730'205'822),
             ContainsSubstring("creation_time=2024-01-01T00:00:00"));
}

TEST_CASE("converter tasks: tracks of neither pictures nor sound are left out, which is told") {
  auto text = mp4_parts::TrackParts();
  text.handler = box("hdlr", joined({mp4_parts::words({0, 0}), mp4_parts::text("text")}));
  Studio studio;
  studio.input("a.mp4", whole_mp4({}, mp4_parts::movie_header, text.build()));
  studio.options.dry_run = true;
  CHECK_THAT(studio.run().errors,
             ContainsSubstring("a.mp4: 1 track of neither pictures nor sound left out\n"));
  studio.options.thumbnail = studio.path("t.jpg");
  CHECK(studio.run().errors.empty());
}

TEST_CASE("converter tasks: rotation that this ffmpeg leaves out of Matroska is told") {
  mp4_parts::TrackParts turned;
  turned.header =
      box("tkhd", mp4_parts::words({0,       0, 0,          1, 0, 0, 0, 0,          0, 0, 0,
                                    0x10000, 0, 0xFFFF0000, 0, 0, 0, 0, 0x40000000, 0, 0}));
  for (const auto* name : {"b.mkv", "b.mov"}) {
    Studio studio;
    studio.input("a.mp4", whole_mp4(turned));
    studio.options.output = studio.path(name);
    const bool is_matroska = std::string_view(name).ends_with(".mkv");
    studio.ffmpeg_makes(is_matroska ? matroska(4) : whole_mp4());
    const auto ran = studio.run();
    CHECK(ran.code == ExitCode::done);
    CHECK(ran.errors == (is_matroska ? "dcam-convert: a.mp4: its rotation is left out: this ffmpeg "
                                       "writes none into Matroska; .mp4 and .mov keep it\n"
                                     : ""));
  }
}

TEST_CASE(
    "converter tasks: of a damaged photo what is left is shown, captured traffic is no video") {
  Studio studio;
  const auto whole = photo();
  studio.input("p.jpg", Bytes(whole).first(whole.size() - 2));
  studio.options.thumbnail = studio.path("t.jpg");
  studio.ffmpeg_makes(photo());
  auto ran = studio.run();
  CHECK(ran.code == ExitCode::bad_data);
  CHECK(ran.output == "t.jpg\n");
  CHECK_THAT(ran.errors, ContainsSubstring("p.jpg: damaged\n"));
  CHECK_THAT(ran.errors, ContainsSubstring("p.jpg: byte 15: the photo is cut, or has lost bytes: "
                                           "what is left of it is shown\n"));
  for (const auto* traffic : {"d4c3b2a1 02000400", "0000 0005 00013ee13c001981 44000400"}) {
    Studio capture;
    capture.input("c", from_hex(traffic));
    ran = capture.run();
    CHECK(ran.code == ExitCode::bad_data);
    CHECK_THAT(ran.errors,
               ContainsSubstring("c: is captured traffic: 'dcam-crc -x DIR --dump FILE' "
                                 "writes the files that are in it\n"));
  }
}

TEST_CASE("converter tasks: of an MP4 that has lost a picture the others are taken, or none") {
  mp4_parts::TrackParts parts;
  parts.chunks = box("stco", mp4_parts::words({0, 2, 1000, 5000})); // one is outside
  Studio studio;
  studio.input("a.mp4", whole_mp4(parts));
  studio.ffmpeg_makes(whole_mp4());
  auto ran = studio.run();
  CHECK(ran.code == ExitCode::bad_data);
  CHECK_THAT(ran.errors, ContainsSubstring("a.mp4: damaged: 1 of 4 frames lost"));
  CHECK(ran.output == "a_1.mp4\n");
  studio.options.strict = true;
  ran = studio.run();
  CHECK_THAT(ran.errors, ContainsSubstring("a.mp4: damaged: nothing written (--strict)\n"));
  CHECK(ran.output.empty());
}

TEST_CASE("converter tasks: an MP4 whose pictures overlap is not made new") {
  mp4_parts::TrackParts parts;
  parts.sizes = box("stsz", mp4_parts::words({0, 3000, 4}));
  parts.runs = box("stsc", mp4_parts::words({0, 1, 1, 1, 1}));
  parts.chunks = box("stco", mp4_parts::words({0, 4, 1000, 1000, 1000, 9000}));
  auto file = whole_mp4(parts);
  std::ranges::copy(from_hex("00000bb4 01"), file.begin() + 1000);
  std::ranges::fill(std::span(file).subspan(1005, 2995), std::byte{0x55});
  Studio studio;
  studio.input("a.mp4", file);
  const auto ran = studio.run();
  CHECK(ran.code == ExitCode::bad_data);
  CHECK_THAT(ran.errors, ContainsSubstring("a.mp4: has an index (moov) that is damaged: its "
                                           "pictures overlap\n"));
  CHECK(ran.output.empty());
}

TEST_CASE("converter tasks: a name that is taken while ffmpeg works is left alone, or an error") {
  for (const auto& [if_exists, code, says] :
       {std::tuple(IfExists::number, ExitCode::done, "a_1.mkv\n"),
        {IfExists::skip, ExitCode::done, ""},
        {IfExists::fail, ExitCode::io,
         "dcam-convert: a.ptmf: cannot create a.mkv: File exists\n"}}) {
    Studio studio;
    studio.clip(8, false);
    studio.options.if_exists = if_exists;
    studio.options.output = studio.path("a.mkv");
    studio.ffmpeg_makes(matroska(8));
    write_file(studio.options.ffmpeg, "#!/bin/sh\n[ \"$1\" = -version ] || echo mine > " +
                                          studio.path("a.mkv") + '\n' + fake_ffmpeg());
    const auto ran = studio.run();
    CHECK(ran.code == code);
    CHECK(ran.output + ran.errors == says);
    CHECK(studio.made("a.mkv") == "mine\n");
  }
}

TEST_CASE("converter tasks: a name that is free is taken, whatever is done about others") {
  for (const auto if_exists :
       {IfExists::number, IfExists::skip, IfExists::fail, IfExists::replace}) {
    Studio studio;
    studio.clip(8, false);
    studio.options.if_exists = if_exists;
    studio.options.output = studio.path("a.mkv");
    studio.ffmpeg_makes(matroska(8));
    CHECK(studio.run().output == "a.mkv\n");
    studio.options.output.clear();
    studio.options.thumbnail = studio.path("t.jpg");
    studio.ffmpeg_makes(photo());
    CHECK(studio.run().output == "t.jpg\n");
  }
}

} // namespace dualcam::convert::converter_tasks_test
