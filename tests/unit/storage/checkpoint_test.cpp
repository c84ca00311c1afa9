#include "dualcam/storage/checkpoint.hpp"

#include "dualcam/files/metadata.hpp"
#include "testing.hpp"

namespace dualcam {
namespace {

constexpr auto v3_metadata =
    "0310 00000192d84dac30 00 0003 14 012c 404b59a74e8e028d 403947973bf147d6";
constexpr auto v1_metadata = "0110 00000192d84dac31 00 0003";

FileIdentity identity() {
  return {350612071913857, FileKind::front_video, 584, 1730205822000, from_hex(v3_metadata)};
}

constexpr HeldData held_a{338, 346112, 1024, 0x1a2b};
constexpr HeldData held_b{337, 345088, 1024, 0x90c4};

std::string checkpoint_text() {
  const auto header = checkpoint_header(identity());
  return header + held_line(held_a, header) + held_line(held_b, header) + replaced_line(header);
}

} // namespace

TEST_CASE("checkpoint: is the text that its description shows") {
  const auto text = checkpoint_text();
  CHECK(
      text.starts_with("dualcam checkpoint 1\n"
                       "imei 350612071913857\n"
                       "kind videof\n"
                       "packets 584\n"
                       "received 1730205822000\n"
                       "metadata 031000000192d84dac3000000314012c404b59a74e8e028d403947973bf147d6\n"
                       "check "));
  CHECK(text.find("\nheld 0000000338 0000000346112 01024 1a2b ") != std::string::npos);
  CHECK(text.find("\nreplaced ") != std::string::npos);
  CHECK(held_line(held_a, "").size() == held_line_size);
  CHECK(held_line({0xFFFFFFFF, 0xFFFFFFFFULL * 1024, 65533, 0xFFFF}, "").size() == held_line_size);
}

TEST_CASE("checkpoint: what is written is read back") {
  const auto read = decode_checkpoint(as_bytes(checkpoint_text()));
  REQUIRE(read);
  CHECK(read->identity.imei == 350612071913857);
  CHECK(read->identity.kind == FileKind::front_video);
  CHECK(read->identity.packets == 584);
  CHECK(read->identity.received == 1730205822000);
  CHECK(read->identity.metadata == from_hex(v3_metadata));
  CHECK(read->held[0] == held_a);
  CHECK(read->held[1] == held_b);
  CHECK(read->replaced);
}

TEST_CASE("checkpoint: every changed character and every cut is noticed, the rest still counts") {
  const auto good = checkpoint_text();
  const auto header = checkpoint_header(identity()).size();
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] = bad[i] == '0' ? '1' : '0';
    const auto read = decode_checkpoint(as_bytes(bad));
    INFO("character " << i);
    CHECK(read.has_value() == (i >= header));
    if (read) {
      CHECK((read->held[0] == held_a) == (i < header || i >= header + held_line_size));
      CHECK((read->held[1] == held_b) ==
            (i < header + held_line_size || i >= header + 2 * held_line_size));
      CHECK(read->replaced == (i < header + 2 * held_line_size));
    }
    const auto cut = decode_checkpoint(as_bytes(good.substr(0, i)));
    CHECK(cut.has_value() == (i >= header));
    if (cut) {
      CHECK(cut->held[0].has_value() == (i >= header + held_line_size));
      CHECK_FALSE(cut->replaced);
    }
  }
}

TEST_CASE("checkpoint: numbers that do not fit together are left out") {
  const auto header = checkpoint_header(identity());
  for (const HeldData impossible : {HeldData{585, 585 * 1024, 1024, 0}, HeldData{2, 2047, 1024, 0},
                                    HeldData{584, 583 * 1024, 1024, 0}, HeldData{0, 5, 1024, 0},
                                    HeldData{584, 584 * 1024 + 1, 1024, 0}, HeldData{100, 0, 0, 0},
                                    HeldData{2, 4096, 2048, 0}}) {
    CHECK_FALSE(decode_checkpoint(as_bytes(header + held_line(impossible, header)))->held[0]);
  }
  const HeldData whole{584, 583 * 1024 + 1, 1024, 0};
  CHECK(decode_checkpoint(as_bytes(header + held_line(whole, header)))->held[0] == whole);
}

TEST_CASE("checkpoint: of another version, of another program, empty: an error") {
  auto newer = checkpoint_text();
  newer[std::string_view("dualcam checkpoint ").size()] = '2';
  for (const auto& text : {newer, std::string(), std::string("PK\3\4"), std::string(70000, 'x')}) {
    REQUIRE_FALSE(decode_checkpoint(as_bytes(text)));
  }
}

TEST_CASE("checkpoint: a file is the same if everything known of both agrees") {
  CHECK(same_file(identity(), identity()));
  auto other = identity();
  other.received = 0; // only says when we heard of it
  CHECK(same_file(identity(), other));
  other.metadata.clear();
  CHECK(same_file(identity(), other));
  other.metadata = from_hex(v1_metadata);
  CHECK_FALSE(same_file(identity(), other));
  other = identity();
  other.imei = 1;
  CHECK_FALSE(same_file(identity(), other));
  other = identity();
  other.kind = FileKind::rear_video;
  CHECK_FALSE(same_file(identity(), other));
  other = identity();
  other.packets = 583;
  CHECK_FALSE(same_file(identity(), other));
}

} // namespace dualcam
