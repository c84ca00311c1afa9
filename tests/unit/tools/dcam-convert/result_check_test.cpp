#include "dcam-convert/result_check.hpp"
#include "testing.hpp"

namespace dualcam::convert::result_check_test {
namespace {

constexpr auto head = "1a45dfa3 83 4282 80";
constexpr auto unknown_size = "18538067 01ffffffffffffff";

ByteBuffer file(std::string_view segment_head, std::string_view content) {
  return from_hex(std::string(head) + std::string(segment_head) + std::string(content));
}

/// Info, a cluster with two blocks of track 1 and one of track 2, a block group, cues.
constexpr auto content = "1549a966 82 ec80"
                         "1f43b675 96 e78101 a384 81000080 a384 82000080 a385 8100008055"
                         "1f43b675 89 a087 a185 8100000077"
                         "1c53bb6b 81 00";

Verdict check(ResultForm form, Bytes bytes) {
  return check_result(form, bytes.size(), [&](std::uint64_t offset, std::span<std::byte> into) {
    if (offset > bytes.size() || bytes.size() - offset < into.size()) {
      return false;
    }
    std::ranges::copy(bytes.subspan(offset, into.size()), into.begin());
    return true;
  });
}

Verdict check_live(Bytes bytes, std::size_t piece) {
  MatroskaCheck matroska(true);
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(piece, bytes.size()))) {
    matroska.feed(bytes.first(std::min(piece, bytes.size())));
  }
  return matroska.finish();
}

} // namespace

TEST_CASE("result check: a Matroska file is whole when every size fits, and its pictures count") {
  const auto bytes = file("18538067 40 36", content);
  const auto verdict = check(ResultForm::matroska, bytes);
  CHECK(verdict.flaw.empty());
  CHECK(verdict.pictures == 3);
}

TEST_CASE("result check: a Matroska file cut anywhere, or with bytes behind its end, is not") {
  const auto bytes = file("18538067 40 36", content);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(check(ResultForm::matroska, Bytes(bytes).first(size)).flaw.empty());
  }
  auto longer = bytes;
  longer.push_back(std::byte{0});
  CHECK_FALSE(check(ResultForm::matroska, longer).flaw.empty());
}

TEST_CASE("result check: a Matroska segment that was never closed is whole only if it is live") {
  const auto bytes = file(unknown_size, content);
  CHECK_FALSE(check(ResultForm::matroska, bytes).flaw.empty());
  for (const std::size_t piece : {1U, 2U, 7U, 1000U}) {
    const auto verdict = check_live(bytes, piece);
    CHECK(verdict.flaw.empty());
    CHECK(verdict.pictures == 3);
    CHECK_FALSE(check_live(Bytes(bytes).first(bytes.size() - 1), piece).flaw.empty());
  }
}

TEST_CASE(
    "result check: a track of Matroska that is to be turned says so in its video's projection") {
  const auto tracks = [](std::string_view projection, std::string_view size) {
    return check(ResultForm::matroska,
                 file("18538067 " + std::string(size), std::string(projection)));
  };
  const auto turned = tracks("1654ae6b 91 ae8f d78101 e08a 7670 87 7675 84 42b40000", "96");
  CHECK(turned.flaw.empty());
  CHECK(turned.turned);
  const auto upright = tracks("1654ae6b 8a ae88 d78101 e083 b08140", "8f");
  CHECK(upright.flaw.empty());
  CHECK_FALSE(upright.turned);
}

TEST_CASE("result check: what is no Matroska, or whose sizes contradict each other") {
  CHECK_FALSE(check(ResultForm::matroska, {}).flaw.empty());
  CHECK_FALSE(check(ResultForm::matroska, ByteBuffer(100)).flaw.empty());
  CHECK_FALSE(check(ResultForm::matroska, from_hex("18538067 80")).flaw.empty());
  // a block longer than its cluster, a cluster of unknown size, a hole of zeros
  CHECK_FALSE(check(ResultForm::matroska, file("18538067 8d", "1f43b675 86 a388 8100008000000000"))
                  .flaw.empty());
  CHECK_FALSE(check_live(file(unknown_size, "1f43b675 ff a384 81000080"), 1).flaw.empty());
  CHECK_FALSE(check_live(file(unknown_size, "00000000"), 1).flaw.empty());
}

TEST_CASE("result check: a JPEG has a start and an end") {
  CHECK(check(ResultForm::jpeg, from_hex("ffd8 00 ffd9")).flaw.empty());
  for (const auto* text : {"", "ff", "ffd8", "ffd9", "ffd8 00 ff", "ffd8 ffd9 00", "00d8 ffd9"}) {
    CAPTURE(text);
    CHECK_FALSE(check(ResultForm::jpeg, from_hex(text)).flaw.empty());
  }
  JpegCheck pieces;
  for (const auto* text : {"ff", "d8 00", "ff", "d9"}) {
    pieces.feed(from_hex(text));
  }
  CHECK(pieces.finish().flaw.empty());
}

} // namespace dualcam::convert::result_check_test
