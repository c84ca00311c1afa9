// What the claims of a checkpoint may say, to the boundaries of each number.
#include "dualcam/storage/checkpoint.hpp"
#include "storage/claim_testing.hpp"
#include "storage/identity_text.hpp"
#include "storage/overlap.hpp"

namespace dualcam::claim_test {
namespace {

using namespace claimed;

FileIdentity identity() { return {350612071913857, FileKind::front_video, 584, 1730205822000, {}}; }

/// Whether it is read, as what it is, in the checkpoint of such a file.
bool is_read(const Claim& claim, const FileIdentity& of = identity()) {
  const auto header = checkpoint_header(part, of);
  const auto read = decode_checkpoint(as_bytes(header + block_of(claim, header)));
  REQUIRE(read);
  CHECK((!read->claims[0] || *read->claims[0] == claim));
  return read->claims[0].has_value();
}

template <class Change> Claim changed(Claim claim, const Change& change) {
  change(claim);
  return claim;
}

} // namespace

TEST_CASE("checkpoint: a claim may have the tail of its bytes, each byte of which is checked") {
  const auto header = checkpoint_header(part, identity());
  for (const std::size_t size : {std::size_t{1}, std::size_t{700}, longest_tail}) {
    auto claim = claim_b;
    claim.held = {584, 584ULL * 65'000, 65'000, UINT16_MAX};
    claim.from = {583, 583ULL * 65'000, UINT16_MAX, UINT64_MAX};
    claim.proved = {584, 583ULL * 65'000 + 1, UINT16_MAX, UINT64_MAX};
    claim.sequence = UINT64_MAX;
    claim.shared = SharedRow{UINT64_MAX, UINT32_MAX};
    claim.tail = random_bytes(size, 1);
    claim.tail.back() = std::byte{0}; // as the rest of the block
    const auto block = block_of(claim, header);
    CHECK(block.size() == checkpoint_block);
    const auto text = header + block;
    const auto read = decode_checkpoint(as_bytes(text));
    REQUIRE(read);
    CHECK(read->claims[0] == claim);
    const auto begin = text.find('\n', header.size()) + 1;
    for (auto i = begin; i < begin + size; ++i) {
      auto bad = text;
      bad[i] ^= 1;
      CHECK_FALSE(decode_checkpoint(as_bytes(bad))->claims[0]);
      CHECK_FALSE(decode_checkpoint(as_bytes(text.substr(0, i)))->claims[0]);
    }
  }
}

TEST_CASE("checkpoint: numbers that do not fit together are left out") {
  const auto header = checkpoint_header(part, identity());
  const auto reads = [&](const Claim& claim) {
    return decode_checkpoint(as_bytes(header + block_of(claim, header)))->claims[0].has_value();
  };
  CHECK(reads(claim_a));
  CHECK(reads(claim_b));
  CHECK(reads({.held = {}, .proved = {}}));
  const auto changed = [](auto change) {
    auto claim = claim_b;
    change(claim);
    return claim;
  };
  CHECK_FALSE(reads(changed([](Claim& claim) { claim.held.packets = 585; })));
  CHECK_FALSE(reads(changed([](Claim& claim) { claim.held.bytes = 337ULL * 65'533 + 1; })));
  CHECK_FALSE(reads(changed([](Claim& claim) { claim.from.packet = 0; })));
  CHECK_FALSE(reads(changed([](Claim& claim) { claim.from.packet = 338; })));
  CHECK_FALSE(reads(changed([](Claim& claim) { claim.from.offset = 345'089; })));
  CHECK_FALSE(reads(changed([](Claim& claim) { claim.proved->packet = 300; })));
  CHECK_FALSE(reads(changed([](Claim& claim) { claim.proved->packet = 338; })));
  CHECK_FALSE(reads(changed([](Claim& claim) { claim.proved->offset = 306'175; })));
  CHECK_FALSE(reads(changed([](Claim& claim) { claim.tail.resize(longest_tail + 1); })));
  CHECK_FALSE(reads(changed([](Claim& claim) { // more than there is
    claim.held = {1, 5, 5, 0};
    claim.from = {};
    claim.proved.reset();
    claim.tail.resize(6);
  })));
  CHECK_FALSE(reads(changed([](Claim& claim) { // to be read at every RESUME
    claim.held = {337, 20'000'000, 65'533, 0};
    claim.proved.reset();
  })));
}

TEST_CASE("checkpoint: a claim of other words is none, though its check is right") {
  const auto header = checkpoint_header(part, identity());
  const auto line = line_of(block_of(claim_b, header));
  const auto words = line.substr(0, line.find('\n')).substr(0, line.rfind(' '));
  const auto reads = [&](const std::string& changed) {
    const auto block = checked(changed, crc64(as_bytes(header))) + '\n';
    return decode_checkpoint(as_bytes(header + block))->claims[0].has_value();
  };
  CHECK(reads(words));
  for (const auto& [word, other] : {std::pair(" from ", " form "),
                                    {" proved ", " poved "},
                                    {"held ", "hold "},
                                    {" 337 ", " x "},
                                    {" ffff ", " fffff "},
                                    {" 300 ", " -300 "}}) {
    CAPTURE(word);
    auto changed = words;
    changed.replace(changed.find(word), std::string_view(word).size(), other);
    CHECK_FALSE(reads(changed));
  }
  CHECK_FALSE(reads(words + " more"));
  CHECK_FALSE(reads("replaced 9 more"));
  CHECK(reads("replaced 9"));
}

TEST_CASE("checkpoint: numbers of a claim that just fit together are read") {
  const auto reads = [](const auto& change, Claim claim = claim_b) {
    return is_read(changed(claim, change));
  };
  CHECK(reads([](Claim& claim) { claim.held.packets = 584; }));
  CHECK(reads([](Claim& claim) { claim.from.packet = 1; }));
  CHECK(reads([](Claim& claim) { claim.from = {337, 345'088, 1, 1}; }, claim_a));
  CHECK(reads([](Claim& claim) { claim.proved->packet = 337; }));
  CHECK(reads([](Claim& claim) { claim.proved->packet = 301; }));
  CHECK(reads([](Claim& claim) { claim.proved->offset = claim.from.offset; })); // empty packets
  CHECK(reads([](Claim& claim) { claim.proved->offset = 345'088; }));
  CHECK_FALSE(reads([](Claim& claim) { claim.proved->offset = 345'089; }));
  CHECK_FALSE(reads([](Claim& claim) { claim.proved->packet = 299; }));
  CHECK(reads([](Claim& claim) { claim.tail.resize(longest_tail); }));
  const auto all_of = [](std::uint64_t packets, std::uint64_t bytes) {
    return [=](Claim& claim) {
      claim.held = {static_cast<std::uint32_t>(packets), bytes, 65'533, 0};
      claim.from = {static_cast<std::uint32_t>(packets), bytes, 0, 0};
      claim.proved.reset();
    };
  };
  CHECK(reads(all_of(300, 300 * 65'533)));
  CHECK_FALSE(reads(all_of(300, 300 * 65'533 + 1)));
  // What is read again at every RESUME is bounded.
  const auto from = [](std::uint64_t offset) {
    return [=](Claim& claim) {
      claim.held = {500, 500 * 65'533, 65'533, 0};
      claim.from = {1, offset, 0, 0};
      claim.proved.reset();
    };
  };
  constexpr std::uint64_t most = 500 * 65'533 - 2ULL * longest_overlap * 65'533;
  CHECK(reads(from(most)));
  CHECK_FALSE(reads(from(most - 1)));
}

TEST_CASE("checkpoint: where files go by path claims are told apart by their bytes") {
  auto by_path = identity();
  by_path.file = *FileRef::of_path("dsm/video/1");
  const auto reads = [&](const auto& change) { return is_read(changed(claim_b, change), by_path); };
  CHECK(reads([](Claim&) {}));
  CHECK(reads([](Claim& claim) { claim.held.packets = 585; })); // nobody has counted them
  CHECK(reads([](Claim& claim) {
    claim.proved->packet = 300;
    claim.proved->offset = 306'177;
  }));
  CHECK_FALSE(reads([](Claim& claim) { claim.proved->offset = 306'176; }));
  CHECK_FALSE(reads([](Claim& claim) { claim.proved->packet = 299; }));
}

TEST_CASE("checkpoint: a tail is there, all of it, and what its check says") {
  const auto header = checkpoint_header(part, identity());
  const auto line = line_of(block_of(claim_b, header));
  const auto words = line.substr(0, line.find('\n')).substr(0, line.rfind(' '));
  const auto reads = [&](const std::string& tail, std::string_view behind) {
    const auto block = checked(words + tail, crc64(as_bytes(header))) + '\n';
    return decode_checkpoint(as_bytes(header + block + std::string(behind)))->claims[0].has_value();
  };
  const auto check_of = [](std::string_view text) { return hex64(crc64(as_bytes(text))); };
  CHECK(reads("", "abc"));
  CHECK(reads(" tail 3 " + check_of("abc"), "abc"));
  CHECK(reads(" tail 2 " + check_of("ab"), "abc"));
  CHECK_FALSE(reads(" tail 3 " + check_of("abd"), "abc"));
  CHECK_FALSE(reads(" tail 4 " + check_of("abc"), "abc")); // one is not there
  CHECK_FALSE(reads(" tail 0 " + check_of(""), "abc"));
  CHECK_FALSE(reads(" tail 0 " + check_of(""), ""));
  CHECK_FALSE(reads(" tale 3 " + check_of("abc"), "abc"));
}

} // namespace dualcam::claim_test
