#include "common/progress_meter.hpp"

#include "common/counted.hpp"
#include "testing.hpp"

namespace dualcam {

TEST_CASE("progress: name, share, bytes, rate and what is left") {
  CHECK(progress_text("a.bin", 512, 2048, 256) ==
        "a.bin   25%  512 B of 2.0 KiB  256 B/s  ETA 6.0 s");
  CHECK(progress_text("a.bin", 2048, 2048, 256) ==
        "a.bin  100%  2.0 KiB of 2.0 KiB  256 B/s  ETA 0.0 s");
  CHECK(progress_text("a.bin", 0, 2048, 0) == "a.bin    0%  0 B of 2.0 KiB  0 B/s  ETA ?");
}

TEST_CASE("progress: without an end there is no share, nor behind it") {
  CHECK(progress_text("-", 512, std::nullopt, 256) == "-  512 B  256 B/s");
  CHECK(progress_text("a", 512, 0, 256) == "a  512 B  256 B/s");
  CHECK(progress_text("a", 513, 512, 256) == "a  513 B  256 B/s");
}

TEST_CASE("progress: what would take for ever is bounded") {
  CHECK(progress_text("a", 1, ~std::uint64_t{0}, 1e-9).ends_with("ETA 277:46:40"));
}

TEST_CASE("counted: one is not two") {
  CHECK(counted(0, "file") == "0 files");
  CHECK(counted(1, "file") == "1 file");
  CHECK(counted(2, "file") == "2 files");
  CHECK(counted(1, "line is", "lines are") == "1 line is");
  CHECK(counted(2, "line is", "lines are") == "2 lines are");
}

} // namespace dualcam
