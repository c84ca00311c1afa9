#include "dcam-serve/destination.hpp"

#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include "dcam-serve/stream_transfer.hpp"
#include "dualcam/wire/crc16.hpp"
#include "temporary_folder.hpp"
#include "testing.hpp"
#include "tools/dcam-serve/loop.hpp"

namespace dualcam::serve::destination_test {
namespace {

/// A pipe in place of standard output.
class Output {
public:
  Output() : before_(::dup(STDOUT_FILENO)) {
    REQUIRE(::pipe2(ends_, O_CLOEXEC) == 0);
    REQUIRE(::dup2(ends_[1], STDOUT_FILENO) >= 0);
    ::close(ends_[1]);
  }
  ~Output() {
    restore();
    close_reader();
  }
  void restore() {
    if (before_ >= 0) {
      ::dup2(before_, STDOUT_FILENO);
      ::close(std::exchange(before_, -1));
    }
  }
  void close_reader() {
    if (ends_[0] >= 0) {
      ::close(std::exchange(ends_[0], -1));
    }
  }
  /// What has been written; standard output is what it was.
  ByteBuffer all() {
    restore();
    ByteBuffer bytes;
    std::byte piece[4096];
    for (ssize_t count = 0; (count = ::read(ends_[0], piece, sizeof piece)) > 0;) {
      append(bytes, Bytes(piece).first(static_cast<std::size_t>(count)));
    }
    return bytes;
  }

private:
  int before_;
  int ends_[2] = {-1, -1};
};

std::vector<ByteBuffer> packets(std::uint32_t count) {
  std::vector<ByteBuffer> result;
  for (std::uint32_t number = 1; number <= count; ++number) {
    result.push_back(random_bytes(100, number));
  }
  return result;
}

const FileFacts facts = facts_of({350612071913857, FileKind::front_photo, 0, 0, {}});

TEST_CASE("destination: a file that was begun earlier keeps its time, and the metadata it had") {
  const auto metadata = from_hex("0104 00000192d84dac30 00 0000");
  const FileIdentity identity{1, FileKind::front_photo, 3, 1'730'205'822'000, metadata};
  auto begun = facts;
  begun.begun_as(identity);
  CHECK(begun.metadata_payload.bytes() == metadata);
  CHECK(begun.identity(3).received == 1'730'205'822'000);
  begun = facts;
  begun.metadata_payload = from_hex("0104 00000192d84dac31 00 0000");
  begun.begun_as(identity);
  CHECK(begun.metadata_payload.bytes() != metadata); // what it says now counts
}

TEST_CASE("destination: what goes to standard output is compared with when the camera comes back") {
  const auto sent = packets(20);
  Loop loop;
  StreamTransfer stream(loop.disks.root(), Clock::system(), facts, 20);
  CHECK(stream.resume_point().overlap.empty());
  ByteBuffer all;
  ByteBuffer got;
  {
    Output output;
    for (const auto& packet : sent) {
      const std::array piece{Bytes(packet)};
      REQUIRE(loop.result_of(stream.append(piece)));
      append(all, packet);
    }
    got = output.all();
  }
  CHECK(got == all);
  CHECK(stream.packets() == 20);
  const auto from = stream.resume_point(); // the last packets are kept in memory
  CHECK(from.offset + from.overlap.size() == all.size());
  CHECK(from.crc == crc16(Bytes(all).first(from.offset)));
  CHECK(from.overlap ==
        ByteBuffer(all.begin() + static_cast<std::ptrdiff_t>(from.offset), all.end()));
}

TEST_CASE("destination: of what went to standard output nothing is compared twice") {
  const auto sent = packets(20);
  Loop loop;
  StreamTransfer stream(loop.disks.root(), Clock::system(), facts, 20);
  const auto append_from = [&](std::size_t first, std::size_t last) {
    Output output;
    for (auto i = first; i < last; ++i) {
      REQUIRE(loop.result_of(stream.append(std::array{Bytes(sent[i])})));
    }
  };
  const auto begins = [&] {
    const auto from = stream.resume_point();
    CHECK(from.offset == (from.packet - 1) * 100);
    CHECK(from.overlap.size() == stream.bytes() - from.offset);
    ByteBuffer before;
    for (std::size_t i = 0; i + 1 < from.packet; ++i) {
      append(before, sent[i]);
    }
    CHECK(from.crc == crc16(before));
    return from.packet;
  };
  append_from(0, 18);
  CHECK(begins() == 3);                           // sixteen packets are kept
  REQUIRE(loop.result_of(stream.leave(0, 1800))); // more has come since it was begun
  CHECK(begins() == 3);
  stream.pause();
  REQUIRE(loop.result_of(stream.leave(0, 0))); // nothing was compared
  CHECK(begins() == 3);
  REQUIRE(loop.result_of(stream.leave(0, 499)));
  CHECK(begins() == 5);
  REQUIRE(loop.result_of(stream.leave(0, 500)));
  CHECK(begins() == 6);
  REQUIRE(loop.result_of(stream.leave(0, 300))); // less is no news
  CHECK(begins() == 6);
  REQUIRE(loop.result_of(stream.leave(0, 1801))); // there is no such place
  CHECK(begins() == 6);
  REQUIRE(loop.result_of(stream.leave(0, 1800))); // but for the last one, which proves it
  CHECK(begins() == 18);
  append_from(18, 19);
  CHECK(begins() == 4);
}

TEST_CASE("destination: nobody reads standard output any more, which is told from other failures") {
  const auto packet = random_bytes(100, 1);
  const std::array piece{Bytes(packet)};
  Loop loop;
  StreamTransfer stream(loop.disks.root(), Clock::system(), facts, 20);
  bool failed = false;
  {
    Output output;
    output.close_reader();
    failed = !loop.result_of(stream.append(piece));
  }
  CHECK(failed);
  CHECK(stream.reader_gone());
  CHECK(stream.packets() == 0);
}

TEST_CASE("destination: a reader who takes nothing is not waited for once that is interrupted") {
  const auto block = random_bytes(1 << 20, 1);
  const std::array piece{Bytes(block)};
  Loop loop;
  StreamTransfer stream(loop.disks.root(), Clock::system(), facts, 20);
  Result<void> appended;
  {
    Output output;
    std::thread writer([&] { appended = loop.result_of(stream.append(piece)); });
    stream.interrupt();
    writer.join();
  }
  CHECK_FALSE(appended);
  CHECK_FALSE(stream.reader_gone());
}

TEST_CASE("destination: standard output that is not what was verified is no file, nor taken back") {
  Loop loop;
  StreamTransfer stream(loop.disks.root(), Clock::system(), facts, 20);
  Unsaid unsaid(".");
  FileCompleted completed{facts.file, 5, 7, {}};
  CHECK(loop.result_of(stream.finish(completed, unsaid)).error().category == ErrorCategory::crc);
  CHECK_FALSE(loop.result_of(stream.set_aside()));
  completed.bytes = 0;
  completed.crc = 0;
  const auto finished = loop.result_of(stream.finish(completed, unsaid));
  REQUIRE(finished);
  CHECK(finished->path == "-");
  CHECK(finished->sha256 == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("destination: standard output that is what was verified is a file, with its digest") {
  Loop loop;
  StreamTransfer stream(loop.disks.root(), Clock::system(), facts, 3);
  Unsaid unsaid(".");
  {
    Output output;
    const std::string_view text("123456789");
    const std::array pieces{as_bytes(text.substr(0, 3)), as_bytes(text.substr(3, 3)),
                            as_bytes(text.substr(6))};
    REQUIRE(loop.result_of(stream.append(pieces)));
    CHECK(as_text(output.all()) == text);
  }
  const auto finished = loop.result_of(stream.finish({facts.file, 9, 0x2189, {}}, unsaid));
  REQUIRE(finished);
  CHECK(finished->what == Finished::What::stored);
  CHECK(finished->is_news);
  CHECK(finished->file == HeldData{3, 9, 3, 0x2189});
  CHECK(finished->sha256 == "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225");
}

// --- which destination ---

TEST_CASE("destination: standard output goes on with the file it has begun, and takes no other") {
  ServeOptions options;
  options.to_stdout = true;
  Loop loop;
  const auto destination = Destination::of(options, loop.disks, Clock::system());
  CHECK(destination->takes(facts.file));
  auto transfer = loop.result_of(destination->begin(facts, 20));
  REQUIRE(transfer);
  const auto* first = transfer->get();
  destination->pause(std::move(*transfer)); // nothing has come
  CHECK(destination->takes(FileKind::rear_video));

  transfer = loop.result_of(destination->begin(facts, 20));
  REQUIRE(transfer);
  first = transfer->get();
  const auto packet = random_bytes(100, 1);
  {
    Output output;
    REQUIRE(loop.result_of((*transfer)->append(std::array{Bytes(packet)})));
  }
  destination->pause(std::move(*transfer));
  CHECK(destination->takes(facts.file));
  CHECK_FALSE(destination->takes(FileKind::rear_video));
  CHECK_FALSE(loop.result_of(destination->begin(facts, 21))); // another file of that kind
  transfer = loop.result_of(destination->begin(facts, 20));
  REQUIRE(transfer);
  CHECK(transfer->get() == first);
  CHECK((*transfer)->bytes() == 100);
  CHECK((*transfer)->new_bytes() == 0);
  CHECK((*transfer)->resumptions() == 1);
}

TEST_CASE("destination: nothing on disk is looked at for standard output") {
  TemporaryFolder folder;
  ServeOptions options;
  options.to_stdout = true;
  options.output = folder.path() / "missing/too";
  Loop loop;
  const auto destination = Destination::of(options, loop.disks, Clock::system());
  Unsaid unsaid(options.output);
  CHECK(destination->check());
  CHECK_FALSE(destination->is_refused(facts, "-"));
  CHECK_FALSE(destination->may_be_held(facts, "-"));
  CHECK_FALSE(destination->has_stored(facts.imei));
  CHECK(destination->untold(unsaid).empty());
  CHECK(destination->tidying(std::chrono::seconds(0))().empty());
  options.to_stdout = false;
  CHECK_FALSE(Destination::of(options, loop.disks, Clock::system())->check());
}

/// A clock that stands.
class StandingClock : public Clock {
public:
  TimePoint now() const override { return time; }
  TimePoint time = steady_now();
};

class Folder {
public:
  Folder() {
    options.output = folder.path();
    options.min_free = 0;
    options.name = *NameTemplate::parse("{imei}/{kind}{ext}");
  }
  std::unique_ptr<Transfer> begin(std::uint32_t packets) {
    auto transfer = loop.result_of(destination.begin(facts, packets));
    REQUIRE(transfer);
    return std::move(*transfer);
  }

  TemporaryFolder folder;
  StandingClock clock;
  ServeOptions options;
  Loop loop;
  FolderDestination destination{options, loop.disks, clock};
  Unsaid unsaid{folder.path()};
};

TEST_CASE("destination: how long a file has taken, and how large it is to be") {
  using namespace std::chrono_literals;
  Folder place;
  const auto transfer = place.begin(2000);
  const auto packet = random_bytes(1024, 1);
  REQUIRE(place.loop.result_of(transfer->append(std::array{Bytes(packet)})));
  place.clock.time += 1500ms;
  CHECK(transfer->duration() == 1500ms);
  CHECK(transfer->expected_bytes() == 2000 * 1024);
}

TEST_CASE("destination: a folder goes on with what was left in it, and finishes that") {
  Folder place;
  const auto sent = packets(3);
  {
    const auto transfer = place.begin(3);
    REQUIRE(place.loop.result_of(transfer->append(std::array{Bytes(sent[0]), Bytes(sent[1])})));
    REQUIRE(place.loop.result_of(transfer->leave(0, 0)));
  }
  const auto transfer = place.begin(3);
  CHECK(transfer->packets() == 2);
  CHECK(transfer->new_bytes() == 0);
  CHECK(transfer->resumptions() == 1);
  CHECK(transfer->resume_point().held == 2);
  CHECK(place.destination.may_be_held(facts, place.destination.path_for(facts)));
  REQUIRE(place.loop.result_of(transfer->append(std::array{Bytes(sent[2])})));
  CHECK(transfer->new_bytes() == 100);
  ByteBuffer whole;
  for (const auto& packet : sent) {
    append(whole, packet);
  }
  const auto finished = place.loop.result_of(
      transfer->finish({facts.file, whole.size(), crc16(whole), {}}, place.unsaid));
  REQUIRE(finished);
  CHECK(finished->what == Finished::What::stored);
  CHECK(finished->path == place.folder.path() / "350612071913857/photof.jpg");
  CHECK(place.destination.has_stored(facts.imei));
  CHECK(place.begin(3)->is_comparing());
}

TEST_CASE("destination: of a file that nothing came of, nothing is there") {
  Folder place;
  const auto transfer = place.begin(3);
  REQUIRE(place.loop.result_of(transfer->leave(0, 0)));
  CHECK(place.folder.names().empty());
}

} // namespace
} // namespace dualcam::serve::destination_test
