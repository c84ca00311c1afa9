// What storage holds, and what the session asks for: devices that count packets, and devices that
// count bytes, by one table.
#include <numeric>

#include "dualcam/session/file_receiver.hpp"
#include "dualcam/wire/crc64.hpp"
#include "figures.hpp"
#include "storage/memory_disk.hpp"
#include "storage/resumable_testing.hpp"

namespace dualcam::resumable_counts_test {

using namespace resumable;
namespace {

using Verdict = FileReceiver::Verdict;

struct Device {
  FileRef file;
  std::vector<std::size_t>
      sizes;              ///< of its packets; where bytes are counted, of the first camera's
  bool start_in_packets;  ///< whatever the rest counts
  std::uint32_t seed = 1; ///< of its content
  bool by_number = false; ///< by path, but RESUME and SYNC count packets, too
  std::size_t padded = 0; ///< so many packets behind the first one prove nothing

  std::size_t size() const { return std::accumulate(sizes.begin(), sizes.end(), std::size_t{0}); }
  ByteBuffer content() const {
    auto bytes = random_bytes(size(), seed);
    const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(sizes[0]);
    std::fill_n(first, padded * sizes[0], std::byte{0xFF});
    return bytes;
  }
  FileIdentity identity() const {
    const auto announced = start_in_packets ? sizes.size() : size();
    return {1, file, static_cast<std::uint32_t>(announced), 1730205822000, {}};
  }
  bool counts_packets() const { return file.kind() || by_number; }
};

std::vector<Device> devices() {
  const auto path = *FileRef::of_path(std::string("dsm/video/231020/231452.mp4") + '\0');
  const std::vector<std::size_t> alike{1024, 1024, 1024, 1024, 1024, 1024, 300};
  const std::vector<std::size_t> mixed{700, 20, 4, 512, 1024, 31, 800, 1};
  return {{FileKind::front_video, alike, true},
          {FileKind::rear_photo, mixed, true},
          {path, alike, false},
          {path, mixed, false},
          {path, {4096, 4096, 4096}, false},
          {path, std::vector<std::size_t>(90, 100), false},
          {path, alike, true},
          {path, alike, true, 1, true},
          {path, mixed, true, 1, true}};
}

/// The device's next packet from this byte on. One that counts bytes may cut as it likes.
std::size_t next_size(const Device& device, std::size_t offset, std::size_t other_size) {
  if (!device.counts_packets() && other_size != 0) {
    return std::min(other_size, device.size() - offset);
  }
  std::size_t end = 0;
  for (const auto size : device.sizes) {
    end += size;
    if (end > offset) {
      return end - offset;
    }
  }
  return 0;
}

/// Where the device begins when it is asked for `number`.
std::size_t offset_of(const Device& device, std::uint32_t number) {
  return device.counts_packets()
             ? std::accumulate(device.sizes.begin(),
                               device.sizes.begin() + (std::max(number, 1U) - 1), std::size_t{0})
             : number;
}

enum class End { cut, stored, known, replaced };

const fs::path folder = "/out";

/// In which the folder is.
struct Disk : MemoryDisk {
  Disk() { REQUIRE(mkdir(folder.c_str(), 0777) == 0); }
  FileSystem::Use use{*this};
};

struct Line {
  Device device;
  MemoryDisk& disk;
  std::size_t other_size = 0; ///< of its packets, if it may
  std::size_t sent = 0;       ///< bytes, in the last connection

  StateFolder state() const { return state_in(folder, 1); }

  /// A connection that is lost behind so many packets.
  End connect(std::size_t packets = 100'000) {
    auto who = device.identity();
    const auto bytes = device.content();
    const auto all = read(state());
    auto file = *ResumableFile::find(state(), all, who, folder / "a.bin");
    const auto known = *state().known(all, who);
    const auto from = file ? file->resume_point() : resume_point_for(known);
    const Geometry geometry(who.file, who.announced, from.in_packets);
    REQUIRE(FileReceiver::begins_in(geometry, from));
    FileReceiver receiver(geometry, from);
    auto at = offset_of(device, receiver.wanted());
    CHECK(at == from.offset);
    receiver.synchronise(std::max(receiver.wanted(), std::uint32_t{device.counts_packets()}));
    who.in_packets = receiver.geometry().in_packets() && !who.file.kind();
    std::uint16_t chain = 0;
    sent = 0;
    for (; packets > 0 && !receiver.is_whole(); --packets) {
      const auto piece = Bytes(bytes).subspan(at, next_size(device, at, other_size));
      at += piece.size();
      sent += piece.size();
      chain = crc16(piece, chain);
      const auto taken = receiver.take({piece, chain, {}});
      if (taken.verdict == Verdict::different) {
        if (file) {
          REQUIRE(file->set_aside());
        }
        return End::replaced;
      }
      REQUIRE((taken.verdict == Verdict::fresh || taken.verdict == Verdict::repeated));
      if (taken.verdict == Verdict::fresh) {
        if (!file) {
          file = *ResumableFile::create(folder / "a.bin", who, state());
        }
        CHECK(taken.offset == file->data().bytes);
        REQUIRE(file->append({&taken.payload, 1}));
      }
    }
    if (!receiver.is_whole()) {
      if (file) {
        REQUIRE(file->save());
        const auto [packet, offset] = receiver.compared();
        REQUIRE(file->keep_compared(packet, offset));
      }
      return End::cut;
    }
    if (receiver.known()) {
      return End::known;
    }
    REQUIRE(file->finish({.name = folder / "a.bin",
                          .bytes = receiver.bytes(),
                          .crc = receiver.crc(),
                          .metadata = {}}));
    CHECK((disk.content(folder / "a.bin") == text_of_file(bytes)));
    return End::stored;
  }
};

} // namespace

TEST_CASE("resumable file: a cut anywhere, then one while it is compared: it goes on from there") {
  for (const auto& device : devices()) {
    for (const std::size_t other_size : {0UL, 1UL, 333UL, 4096UL}) {
      if (other_size != 0 && device.start_in_packets) {
        continue; // its packets are those it has counted
      }
      for (std::size_t cut = 0; cut < device.sizes.size(); cut += one_in(3)) {
        INFO(device.file.text() << ", " << device.sizes.size() << " packets, cut behind " << cut
                                << ", then packets of " << other_size);
        Disk disk;
        Line camera{device, disk};
        REQUIRE(camera.connect(cut) == End::cut);
        camera.other_size = other_size;
        if (camera.connect(1) == End::cut) { // a packet may bring all of the rest
          REQUIRE(camera.connect() == End::stored);
        }
        CHECK(camera.connect() == End::known);
        CHECK(camera.sent <= std::max<std::size_t>(device.size(), 1));
        CHECK(disk.files().size() == 2); // and the state
      }
    }
  }
}

TEST_CASE("resumable file: another file of the same size is never gone on with") {
  for (const auto& device : devices()) {
    for (std::size_t cut = 1; cut <= device.sizes.size(); ++cut) {
      INFO(device.file.text() << ", cut behind " << cut);
      Disk disk;
      Line camera{device, disk};
      const bool whole = cut == device.sizes.size();
      REQUIRE(camera.connect(cut) == (whole ? End::stored : End::cut));
      camera.device.seed = 2;
      REQUIRE(camera.connect() == End::replaced);
      if (!whole) {
        REQUIRE(camera.connect() == End::stored);
        CHECK(camera.sent == device.size());
      }
    }
  }
}

TEST_CASE("resumable file: what was compared is not asked for again, in whichever count") {
  for (auto device : devices()) {
    if (device.sizes.size() < 7 || device.sizes[0] != device.sizes[1]) {
      continue;
    }
    INFO(device.file.text() << ", packets of " << device.sizes[0]);
    device.padded = 4;
    Disk disk;
    Line camera{device, disk};
    REQUIRE(camera.connect(5) == End::cut);
    for (std::size_t compared = 0; compared < 4; ++compared) { // packets
      auto file = *ResumableFile::find(camera.state(), read(camera.state()), device.identity(),
                                       folder / "a.bin");
      REQUIRE(file);
      const auto& from = file->resume_point();
      CHECK(from.offset == compared * device.sizes[0]);
      CHECK(from.overlap.size() == (5 - compared) * device.sizes[0]);
      file.reset();
      REQUIRE(camera.connect(1) == End::cut);
    }
    CHECK(camera.connect() == End::stored);
  }
}

TEST_CASE("resumable file: the record of a file of any count is read back") {
  for (const auto& device : devices()) {
    Disk disk;
    Line camera{device, disk};
    REQUIRE(camera.connect() == End::stored);
    const auto records = read(camera.state()).records;
    REQUIRE(records.size() == 1);
    const auto& record = records.front();
    CHECK(record.identity.announced == device.identity().announced);
    CHECK(record.data.packets == device.sizes.size());
    CHECK(record.data.bytes == device.size());
    CHECK(record.tail.offset + record.tail.bytes == device.size());
    CHECK(record.tail.bytes >= std::min<std::size_t>(device.size(), shortest_tail));
    const auto line = record_line(record);
    CHECK(record_line(decode_camera_state(as_bytes(line + '\n'), 1).records.at(0)) == line);
  }
}

TEST_CASE("resumable file: in a file that is counted in bytes padding is no tail either, and needs "
          "no whole packet before it") {
  auto device = devices()[2];
  device.sizes.assign(200, 1000);
  auto bytes = device.content();
  std::fill(bytes.begin() + 1500, bytes.end(), std::byte{0xFF});
  Disk disk;
  auto file = ResumableFile::create(folder / "a.bin", device.identity(), state_in(folder, 1));
  REQUIRE(file);
  for (std::size_t at = 0; at < bytes.size(); at += 1000) {
    const auto piece = Bytes(bytes).subspan(at, 1000);
    REQUIRE(file->append({&piece, 1}));
  }
  REQUIRE(file->finish(
      {.name = folder / "a.bin", .bytes = bytes.size(), .crc = crc16(bytes), .metadata = {}}));
  const auto tail = read(state_in(folder, 1)).records.at(0).tail;
  CHECK(tail.offset < 1500);
  CHECK(tail.crc64 == crc64(Bytes(bytes).subspan(tail.offset)));
}

TEST_CASE("resumable file: what is compared further on is claimed anew, the claim before stays") {
  const TemporaryFolder below;
  auto bytes = content();
  std::fill(bytes.begin() + 1024, bytes.begin() + 5 * 1024, std::byte{0xFF});
  leave_part(below / "a.jpg", bytes, 5);
  {
    auto file = found(below.path());
    REQUIRE(file);
    REQUIRE(file->resume_point().packet == 1);
    REQUIRE(file->keep_compared(3, 2 * 1024));
    REQUIRE(file->keep_compared(4, 3 * 1024));
  }
  auto text = content_of(below / "a.jpg.part.checkpoint");
  const auto starts_at = [&](std::uint32_t packet) {
    write_file(below / "a.jpg.part.checkpoint", text);
    const auto file = found(below.path());
    REQUIRE(file);
    CHECK(file->resume_point().packet == packet);
    CHECK(file->resume_point().crc == crc16(Bytes(bytes).first((packet - 1) * full_packet)));
  };
  starts_at(4);
  const auto newest = text.find("held 3 5 ");
  REQUIRE(newest != std::string::npos);
  text[newest + 20] = 'x'; // torn
  starts_at(3);
}

TEST_CASE("resumable file: zeros that are missing are missed, though no CRC tells them") {
  const TemporaryFolder below;
  leave_part(below / "a.jpg", ByteBuffer(5 * 1024), 5);
  fs::resize_file(below / "a.jpg.part", 4 * 1024);
  const auto file = found(below.path());
  REQUIRE(file);
  CHECK(file->data() == HeldData{});
}

} // namespace dualcam::resumable_counts_test
