#include "dualcam/media/annex_b.hpp"
#include "dualcam/media/ptmf.hpp"

#include "figures.hpp"
#include "media/ptmf_clip.hpp"

namespace dualcam::ptmf_pictures_test {

using namespace ptmf_clip;
using namespace std::string_literals;

TEST_CASE("ptmf: pictures before the first key picture are announced as such") {
  const auto clip = make_clip(12, false);
  const auto start = clip.chunks[3].offset;
  const auto report = read_both_ways(Bytes(clip.file).subspan(start));
  CHECK(report.chunks == names(clip, [&](const Chunk& c) { return c.offset >= start; }));
  REQUIRE(report.damage.size() == 5);
  CHECK(report.damage[0] == "before first key 0+" + std::to_string(clip.chunks[3].size));
  CHECK(report.lines[8].starts_with("before first key "));
  CHECK(report.lines[10].starts_with("I8 "));
}

TEST_CASE("ptmf: a file that lost its first header still begins with a picture") {
  const auto clip = make_clip(20);
  const auto unit = Bytes(clip.file).subspan(ptmf_header_size, length_of(clip, 0));
  for (const std::size_t lost : {36U, 35U, 20U, 4U, 1U}) {
    CAPTURE(lost);
    const auto file = Bytes(clip.file).subspan(lost);
    const auto report = read_both_ways(file);
    CHECK(report.damage == Lines{"lost header 0+" + std::to_string(clip.chunks[0].size - lost)});
    CHECK(report.chunks.size() == clip.chunks.size());
    CHECK(report.chunks.at(1) == clip.chunks[1].name);
    PtmfReader reader;
    reader.feed(file);
    reader.finish();
    CHECK(std::holds_alternative<PtmfDamage>(*reader.next()));
    const auto head = std::get<PtmfPicture>(*reader.next());
    CHECK((head.headless && head.key && !head.late && !head.doubtful));
    CHECK(head.format == format);
    CHECK(head.payload_offset == ptmf_header_size - lost);
    CHECK(std::ranges::equal(head.payload, unit));
  }
}

TEST_CASE("ptmf: a picture of a megabyte without its header is found, one above the limit is not") {
  ByteBuffer rest;
  PtmfWriter writer(format);
  writer.picture(false, access_unit(400, 2), 50'000, rest);
  for (const std::size_t size : {1'000'000UL, largest_ptmf_payload, largest_ptmf_payload + 100}) {
    auto file = access_unit(size, 1, true);
    append(file, rest);
    const auto report = read(file);
    CAPTURE(size);
    REQUIRE(report.damage.size() == (size <= largest_ptmf_payload ? 1 : 2));
    CHECK(report.damage[0].starts_with(size <= largest_ptmf_payload ? "lost header " : "garbage "));
    CHECK(report.chunks.size() == (size <= largest_ptmf_payload ? 2 : 1));
  }
}

TEST_CASE("ptmf: what a file begins with is a picture only if it is whole") {
  const auto clip = make_clip(20);
  const auto damaged_at = [&](std::size_t at, std::string_view hex) {
    auto file = clip.file;
    std::ranges::copy(from_hex(hex), file.begin() + static_cast<std::ptrdiff_t>(at));
    return read_both_ways(Bytes(file).subspan(ptmf_header_size));
  };
  const auto size = clip.chunks[0].size - ptmf_header_size;
  const auto garbage = "garbage 0+" + std::to_string(size);
  CHECK(damaged_at(ptmf_header_size + 4, "80").damage[0] == garbage);
  CHECK(damaged_at(ptmf_header_size + 300, "000000").damage[0] == garbage);
  CHECK(damaged_at(ptmf_header_size + 300, "00000001 0201d0").damage[0] == garbage);
  CHECK(read_both_ways(Bytes(clip.file).subspan(ptmf_header_size + 1000)).damage[0] ==
        "garbage 0+" + std::to_string(size - 1000));
  auto holed = clip.file;
  std::fill_n(holed.begin() + static_cast<std::ptrdiff_t>(clip.chunks[0].size) - 100, 100,
              std::byte{0});
  CHECK(read_both_ways(Bytes(holed).subspan(ptmf_header_size)).damage[0] == garbage);
}

TEST_CASE("ptmf: what looks like a start code in or behind the first header begins no picture") {
  const auto clip = make_clip(20);
  constexpr std::size_t number_field = 12;
  constexpr std::string_view noise = "noise";
  for (const std::size_t field : {number_field, ptmf_header_size - 8}) {
    CAPTURE(field);
    auto chunks = clip.file;
    std::ranges::copy(from_hex("00000100"), chunks.begin() + static_cast<std::ptrdiff_t>(field));
    ByteBuffer file;
    append(file, as_bytes(noise));
    append(file, chunks);
    const auto report = read_both_ways(file);
    CHECK(report.damage.at(0) == "garbage 0+5");
    CHECK(report.chunks.size() == clip.chunks.size());
  }
}

TEST_CASE("ptmf: a picture that is not what its header says is withheld and named") {
  const auto clip = make_clip(12, false);
  struct Case {
    std::size_t picture, at;
    std::string_view hex;
  };
  for (const auto& [picture, at, hex] :
       {Case{3, 3, "11"}, Case{3, 2, "80"}, Case{3, 0, "ffffffff"}, Case{3, 4, "82"},
        Case{3, 5, "00"}, Case{3, 4, "03"}, Case{3, 5, "09"}, Case{3, 4, "42"}, Case{3, 4, "26"},
        Case{3, 6, "50"}, Case{3, 50, "000002"}, Case{3, 50, "00000003"},
        Case{3, 50, "0000010201d0"}, Case{8, 3, "00"}, Case{8, 4, "02"}, Case{8, 4, "40"},
        Case{8, 50, "00000001 8001"}}) {
    auto file = clip.file;
    const auto& chunk = clip.chunks[picture];
    std::ranges::copy(from_hex(hex), file.begin() + static_cast<std::ptrdiff_t>(
                                                        chunk.offset + ptmf_header_size + at));
    CAPTURE(picture, at, hex);
    const auto report = read_both_ways(file);
    CHECK(report.chunks == names_without(clip, picture));
    CHECK(report.damage ==
          Lines{"bad picture " + std::to_string(chunk.offset) + '+' + std::to_string(chunk.size)});
    CHECK(report.pictures_missing == 1);
  }
}

TEST_CASE("ptmf: damage in front of a picture's slices does not cost the picture") {
  const std::string sequence = "42010101600000030090000003000003005da00280802d165959a4932bc05a0020";
  const std::string good = "00000001 4001 0c 00000001 " + sequence + " 00000001 4401 c1 ";
  const std::string slice = "00000001 2601 a0 55";
  for (const auto& [head, damaged] :
       {std::pair(std::string(), false), std::pair(good, false),
        std::pair(good + "00000001 4e01 0580 ", false),
        std::pair(good + "00000001 ce01 0580 ", true), std::pair(good + "00000011 4e01 05 ", true),
        std::pair("10000001 4001 0c 00000001 " + sequence + " 00000001 4401 c1 ", true),
        std::pair("00000001 4001 0c 00070001 " + sequence + " 00000001 4401 c1 ", true),
        std::pair("00000001 4001 0c 00000001 4201 01 00000001 4401 c1 "s, true)}) {
    CAPTURE(head);
    ByteBuffer file;
    PtmfWriter writer(format);
    writer.picture(true, from_hex(head + slice), 0, file);
    writer.picture(false, from_hex("00000001 0201 d0 55"), 50'000, file);
    const auto report = read_both_ways(file);
    CHECK(report.chunks.size() == 2);
    CHECK(report.damage.size() == (damaged ? 1 : 0));
    CHECK(report.pictures_missing == 0);
    PtmfReader reader;
    reader.feed(file);
    for (auto event = reader.next(); event; event = reader.next()) {
      if (const auto* picture = std::get_if<PtmfPicture>(&*event); picture && picture->key) {
        CHECK(picture->damaged_head == (damaged ? from_hex(head).size() : 0));
      }
    }
  }
}

TEST_CASE("ptmf: several slices, their trailing zeros and other NAL units make a whole picture") {
  for (const auto* unit :
       {"00000001 0201d0 55 000001 020150 66",
        "00000001 4601 50 00000001 0201d0 55 00000001 5001 84", "000001 0001d0 55 00000300",
        "00000001 0202d0 55 000000 000001 2401 00000001 2601"}) {
    ByteBuffer file;
    PtmfWriter writer(format);
    writer.picture(true, access_unit(100, 1, true), 0, file);
    writer.picture(false, from_hex(unit), 50'000, file);
    CAPTURE(unit);
    CHECK(read_both_ways(file).damage.size() == (std::string_view(unit).ends_with("2601") ? 1 : 0));
  }
}

TEST_CASE("ptmf: a payload that holds a chunk is no picture, and what it holds is none either") {
  ByteBuffer inner;
  PtmfWriter(format).picture(true, access_unit(400, 2, true), 0, inner);
  append(inner, as_bytes(ptmf_magic)); // it ends at another, as it seems
  for (const std::size_t place : {7U, 2000U}) {
    auto unit = access_unit(4000, 1);
    std::ranges::copy(inner, unit.begin() + static_cast<std::ptrdiff_t>(place));
    ByteBuffer file;
    PtmfWriter writer(format);
    const auto key = access_unit(3000, 2, true);
    writer.picture(true, key, 0, file);
    writer.picture(false, unit, 50'000, file);
    writer.sound(a_law(1), 60'000, file);
    const auto report = read_both_ways(file);
    CHECK(report.chunks == Lines{name_of('I', 0, 0, key), name_of('A', 0, 60'000, a_law(1))});
    REQUIRE(report.damage.size() == 1);
    CHECK(report.damage[0].starts_with("bad picture "));
  }
}

TEST_CASE(
    "ptmf: a key picture that was missing is late if it is as much earlier as its number says") {
  const auto damage = [](std::uint32_t late_number, std::uint64_t late_time) {
    ByteBuffer file;
    const auto add = [&](bool key, std::uint32_t number, std::uint64_t time) {
      const auto unit = access_unit(100, number, key);
      encode_ptmf_header({.kind = key ? PtmfKind::key_picture : PtmfKind::picture,
                          .padding = 0,
                          .format = format,
                          .sequence = number,
                          .length = static_cast<std::uint32_t>(unit.size()),
                          .time = time},
                         file);
      append(file, unit);
    };
    add(true, 0, 5'000'000);
    add(false, 100, 10'000'000);
    add(true, late_number, late_time);
    const auto report = read_both_ways(file);
    return report.damage.back().substr(0, report.damage.back().find(" 3"));
  };
  // five pictures of 50 ms earlier, and a second more or less
  CHECK(damage(95, 10'000'000 - 250'000 - 1'000'000).starts_with("out of order"));
  CHECK(damage(95, 10'000'000 - 250'000 - 1'000'001).starts_with("restart"));
  CHECK(damage(75, 10'000'000 - 250'000).starts_with("out of order"));
  CHECK(damage(75, 10'000'000 - 249'999).starts_with("restart"));
}

} // namespace dualcam::ptmf_pictures_test
