#include "common/appender.hpp"

#include <cerrno>

#include <fcntl.h>

#include "common/descriptor.hpp"
#include "temporary_folder.hpp"

namespace dualcam::appender_test {
namespace {

ByteBuffer bytes_of(std::string_view text) {
  return {as_bytes(text).begin(), as_bytes(text).end()};
}

} // namespace

TEST_CASE("appender: all that was given is there in order, once it is flushed or gone") {
  const TemporaryFolder folder;
  const auto path = folder / "capture";
  write_file(path, "head ");
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  REQUIRE(descriptor >= 0);
  std::string expected = "head ";
  {
    Appender appender(descriptor);
    appender.flush(); // of nothing
    for (int i = 0; i < 1000; ++i) {
      const auto text = std::to_string(i) + ' ';
      expected += text;
      appender.write(bytes_of(text));
      if (i % 250 == 0) {
        appender.flush();
        CHECK(appender.waiting() == 0);
        CHECK(content_of(path) == expected);
      }
    }
    CHECK(appender.error() == 0);
  }
  CHECK(content_of(path) == expected);
  ::close(descriptor);
}

TEST_CASE("appender: after a failure nothing waits, and nothing more is written") {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  REQUIRE(full >= 0);
  Appender appender(full);
  appender.write(bytes_of("lost"));
  appender.flush();
  CHECK(appender.error() == ENOSPC);
  const TemporaryFolder folder; // there is room again
  const int other = ::open((folder / "file").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  REQUIRE(other >= 0);
  REQUIRE(::dup2(other, full) == full);
  appender.write(bytes_of("behind a hole"));
  appender.flush();
  CHECK(appender.waiting() == 0);
  CHECK(appender.error() == ENOSPC);
  CHECK(content_of(folder / "file").empty());
  ::close(other);
  ::close(full); // nothing is to be written at the end
}

} // namespace dualcam::appender_test
