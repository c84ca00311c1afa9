#include "dualcam/media/ptmf.hpp"

#include "media/ptmf_clip.hpp"

namespace dualcam::ptmf_test {

using namespace ptmf_clip;

TEST_CASE("ptmf: in a hurry each chunk is handed out with its last byte") {
  const auto clip = make_clip(20);
  PtmfReader reader;
  reader.hurry();
  std::size_t chunk = 0;
  for (std::size_t at = 0; at < clip.file.size(); ++at) {
    reader.feed(Bytes(clip.file).subspan(at, 1));
    Report report;
    while (const auto event = reader.next()) {
      std::visit(report, *event);
    }
    const bool last = at + 1 == clip.chunks[chunk].end();
    REQUIRE(report.chunks == (last ? Lines{clip.chunks[chunk].name} : Lines{}));
    chunk += last ? 1 : 0;
  }
  REQUIRE(chunk == clip.chunks.size());
}

TEST_CASE("ptmf: a header reads back, and its bytes are the camera's") {
  const PtmfHeader header{.kind = PtmfKind::picture,
                          .padding = 3,
                          .format = format,
                          .sequence = 0x01020304,
                          .length = 8,
                          .time = 0x1122334455667788};
  ByteBuffer bytes;
  encode_ptmf_header(header, bytes);
  CHECK(bytes == from_hex("50544d46 03 50 00 14 0005 d002 04030201 0000000000000000 08000000"
                          "8877665544332211"));
  CHECK(decode_ptmf_header(bytes) == header);
  CHECK_FALSE(decode_ptmf_header(Bytes(bytes).first(ptmf_header_size - 1)));
}

TEST_CASE("ptmf: a header is implausible by magic, padding, kind or length") {
  for (const auto* bytes : {
           "50544d47 03 50 00 14 0005 d002 04030201 0000000000000000 08000000 0000000000000000",
           "50544d46 04 50 00 14 0005 d002 04030201 0000000000000000 08000000 0000000000000000",
           "50544d46 03 51 00 14 0005 d002 04030201 0000000000000000 08000000 0000000000000000",
           "50544d46 03 50 00 14 0005 d002 04030201 0000000000000000 00000000 0000000000000000",
           "50544d46 03 50 00 14 0005 d002 04030201 0000000000000000 09000000 0000000000000000",
           "50544d46 03 50 00 14 0005 d002 04030201 0000000000000000 04004000 0000000000000000",
       }) {
    CAPTURE(bytes);
    CHECK_FALSE(decode_ptmf_header(from_hex(bytes)));
  }
}

TEST_CASE("ptmf: sound carries a voice header with its length and a counter") {
  ByteBuffer file;
  PtmfWriter writer(format);
  writer.sound(ByteBuffer(320, std::byte{0xD5}), 0, file);
  const auto second = file.size();
  writer.sound(ByteBuffer(320, std::byte{0xD5}), 40'000, file);
  CHECK(to_hex(Bytes(file).subspan(ptmf_header_size, 5)) == "0001a000d5");
  CHECK(to_hex(Bytes(file).subspan(second + ptmf_header_size, 5)) == "0001a001d5");
}

TEST_CASE("ptmf: every padding is written and dropped again") {
  for (std::size_t size = 9; size <= 12; ++size) {
    const auto unit = access_unit(size, 1, true);
    ByteBuffer file;
    PtmfWriter(format).picture(true, unit, 5, file);
    CHECK(file.size() == ptmf_header_size + 12);
    CHECK(decode_ptmf_header(file)->padding == 12 - size);
    const auto report = read_both_ways(file);
    CHECK(report.damage.empty());
    CHECK(report.chunks == Lines{name_of('I', 0, 5, unit)});
  }
}

TEST_CASE("ptmf: an empty file has no events") { CHECK(read({}).lines.empty()); }

TEST_CASE("ptmf: a healthy file gives every chunk and no damage") {
  for (const bool with_sound : {true, false}) {
    const auto clip = make_clip(60, with_sound);
    const auto report = read_both_ways(clip.file);
    CHECK(report.chunks == names(clip));
    CHECK(report.damage == Lines{});
  }
}

TEST_CASE("ptmf: events carry format, time and place") {
  const auto clip = make_clip(2);
  PtmfReader reader;
  reader.feed(clip.file);
  reader.finish();
  const auto picture = std::get<PtmfPicture>(*reader.next());
  CHECK(picture.key);
  CHECK(picture.format == format);
  CHECK(picture.time == 1'000'000);
  CHECK(picture.offset == 0);
  CHECK_FALSE(picture.late);
  CHECK_FALSE(picture.doubtful);
  const auto second = std::get<PtmfPicture>(*reader.next());
  CHECK_FALSE(second.key);
  CHECK(second.offset == clip.chunks[1].offset);
  const auto sound = std::get<PtmfSound>(*reader.next());
  CHECK(sound.sequence == 0);
  CHECK(sound.a_law.size() == 320);
  CHECK(sound.offset == clip.chunks[2].offset);
}

TEST_CASE("ptmf: pieces of any size give identical events, through damage too") {
  auto clip = make_clip(20);
  set_length(clip, 3, 4);
  std::fill_n(clip.file.begin() + 9000, 1024, std::byte{0});
  clip.file.resize(clip.file.size() - 100);
  const auto expected = read(clip.file).lines;
  CHECK(read(clip.file, [] { return 1; }).lines == expected);
  std::mt19937 random(5);
  for (int round = 0; round < 100; ++round) {
    REQUIRE(read(clip.file, [&] { return 1 + random() % 2000; }).lines == expected);
  }
}

TEST_CASE("ptmf: sound and pictures may be interleaved in any way") {
  const auto clip = make_clip(20);
  auto order = indices(clip);
  std::ranges::sort(order, {},
                    [&](auto index) { return std::pair(!is_sound(clip.chunks[index]), index); });
  CHECK(read_both_ways(joined(clip, order)).damage.empty());
}

TEST_CASE("ptmf: the magic inside a payload is part of the payload") {
  const auto magic = as_bytes(ptmf_magic);
  const auto embed = [&](Bytes content, std::size_t place) {
    auto unit = access_unit(4000, 1);
    std::ranges::copy(content, unit.begin() + static_cast<std::ptrdiff_t>(place));
    return unit;
  };
  for (const auto& unit : {embed(magic, 7), embed(magic, 3000), embed(magic, 3996)}) {
    ByteBuffer file;
    PtmfWriter writer(format);
    const auto key = access_unit(3000, 2, true);
    writer.picture(true, key, 0, file);
    writer.picture(false, unit, 50'000, file);
    writer.sound(a_law(1), 60'000, file);
    writer.picture(false, unit, 100'000, file);
    const auto report = read_both_ways(file);
    CHECK(report.damage.empty());
    CHECK(report.chunks == Lines{name_of('I', 0, 0, key), name_of('P', 1, 50'000, unit),
                                 name_of('A', 0, 60'000, a_law(1)),
                                 name_of('P', 2, 100'000, unit)});
  }
}

TEST_CASE("ptmf: numbers may pass their 32 bits") {
  ByteBuffer file;
  for (std::uint32_t i = 0; i < 4; ++i) {
    encode_ptmf_header({.kind = PtmfKind::key_picture,
                        .padding = 0,
                        .format = format,
                        .sequence = 0xFFFF'FFFE + i,
                        .length = 8,
                        .time = i * 50'000},
                       file);
    append(file, access_unit(8, i, true));
  }
  CHECK(read_both_ways(file).damage.empty());
}

TEST_CASE("ptmf: every kind of damage has its own name") {
  Lines kinds;
  for (const auto kind :
       {PtmfDamageKind::garbage, PtmfDamageKind::cut_end, PtmfDamageKind::zero_hole,
        PtmfDamageKind::bad_voice_header, PtmfDamageKind::gap, PtmfDamageKind::out_of_order,
        PtmfDamageKind::wrong_number, PtmfDamageKind::before_first_key,
        PtmfDamageKind::doubtful_end}) {
    kinds.emplace_back(name_of(kind));
  }
  std::ranges::sort(kinds);
  CHECK(std::ranges::adjacent_find(kinds) == kinds.end());
  CHECK_FALSE(kinds.front().empty());
}

TEST_CASE("ptmf: a picture at the file's start without its header begins at its start code") {
  const auto clip = ptmf_clip::make_clip(8);
  const auto& first = clip.chunks[0];
  for (const auto& [before, lost] :
       {std::pair("", 0U), {"", 1U}, {"55", 1U}, {"5555", 0U}, {"0055", 1U}}) {
    CAPTURE(before, lost); // of the zeros of the start code
    const auto unit = clip.bytes_of(first).subspan(ptmf_header_size + lost);
    auto file = from_hex(before);
    append(file, unit);
    append(file, Bytes(clip.file).subspan(first.end()));
    const auto report = ptmf_clip::read_both_ways(file);
    REQUIRE(report.chunks.size() == clip.chunks.size());
    CHECK_THAT(report.chunks[0], ContainsSubstring(": " + std::to_string(unit.size()) + " bytes " +
                                                   std::to_string(crc16(unit))));
  }
}

} // namespace dualcam::ptmf_test
