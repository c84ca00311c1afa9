#include "common/progress_meter.hpp"

#include "common/counted.hpp"
#include "common/utf8.hpp"
#include "testing.hpp"

namespace dualcam::progress_meter_test {

TEST_CASE("progress: name, share, bytes, rate and what is left") {
  CHECK(progress_text("a.bin", 512, 2048, 256, 79) ==
        "a.bin   25%  512 B of 2.0 KiB  256 B/s  ETA 6s");
  CHECK(progress_text("a.bin", 2048, 2048, 256, 79) ==
        "a.bin  100%  2.0 KiB of 2.0 KiB  256 B/s  ETA 0s");
  CHECK(progress_text("a.bin", 0, 2048, 0, 79) == "a.bin    0%  0 B of 2.0 KiB  0 B/s  ETA ?");
}

TEST_CASE("progress: without an end there is no share, nor behind it") {
  CHECK(progress_text("-", 512, std::nullopt, 256, 79) == "-  512 B  256 B/s");
  CHECK(progress_text("a", 512, 0, 256, 79) == "a  512 B  256 B/s");
  CHECK(progress_text("a", 513, 512, 256, 79) == "a  513 B  256 B/s");
}

TEST_CASE("progress: what would take for ever is bounded") {
  CHECK(progress_text("a", 1, ~std::uint64_t{0}, 1e-9, 79).ends_with("ETA 11574d01h"));
}

TEST_CASE("progress: the name is shortened, then the middle goes, never the end") {
  const auto text = [](std::string_view name, std::size_t columns) {
    return progress_text(name, 1 << 20, 3 << 20, 3700, columns);
  };
  constexpr auto camera = "350612071913857 front video";
  CHECK(text(camera, 79) == "350612071913857 front video   33%  1.0 MiB of 3.0 MiB  3.6 KiB/s  "
                            "ETA 9m26s");
  CHECK(text(camera, 73) == "350612071913857 front v..   33%  1.0 MiB of 3.0 MiB  3.6 KiB/s  "
                            "ETA 9m26s");
  CHECK(text(camera, 60) == "350612071913857 front video   33%  3.6 KiB/s  ETA 9m26s");
  CHECK(text(camera, 39) == "350612071913857 fron..   33%  ETA 9m26s");
  CHECK(text(camera, 26) == "3506120719138..  ETA 9m26s");
  CHECK(text(camera, 12) == "ETA 9m26s");
  CHECK(text(camera, 5) == "ETA 9");
  CHECK(text(camera, 0).empty());
  for (std::size_t columns = 0; columns < 200; ++columns) {
    for (const auto* name : {"", "a", camera, "\xC3\xA4\xC3\xB6\xC3\xBC/\xE4\xB8\xAD.mp4"}) {
      const auto line = text(name, columns);
      INFO(columns << ' ' << line);
      CHECK(first_columns(line, columns) == line);
      CHECK((columns < 9 || line.ends_with("ETA 9m26s")));
    }
  }
}

TEST_CASE("first columns: characters stay whole, wide ones take two") {
  CHECK(first_columns("abc", 2) == "ab");
  CHECK(first_columns("\xC3\xA4\xC3\xB6", 1) == "\xC3\xA4");
  CHECK(first_columns("\xE4\xB8\xAD!", 1).empty());
  CHECK(first_columns("\xE4\xB8\xAD!", 2) == "\xE4\xB8\xAD");
  CHECK(first_columns("\xFF\xFF", 1) == "\xFF");
}

TEST_CASE("counted: one is not two") {
  CHECK(counted(0, "file") == "0 files");
  CHECK(counted(1, "file") == "1 file");
  CHECK(counted(2, "file") == "2 files");
  CHECK(counted(1, "line is", "lines are") == "1 line is");
  CHECK(counted(2, "line is", "lines are") == "2 lines are");
}

} // namespace dualcam::progress_meter_test
