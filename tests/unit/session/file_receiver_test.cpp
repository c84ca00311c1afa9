// Every verdict, for a file that is counted in packets and for one that is counted in bytes.
#include "dualcam/session/file_receiver.hpp"

#include <numeric>

#include "dualcam/wire/crc16.hpp"
#include "dualcam/wire/crc64.hpp"
#include "testing.hpp"

namespace dualcam::file_receiver_test {
namespace {

using Verdict = FileReceiver::Verdict;

/// A device with one file, sent in packets of these sizes.
struct Device {
  FileRef file;
  std::vector<std::size_t> sizes;
  ByteBuffer content = random_bytes(std::accumulate(sizes.begin(), sizes.end(), std::size_t{0}), 1);

  bool in_bytes() const { return !file.kind(); }
  std::size_t count() const { return sizes.size(); }
  std::size_t offset(std::size_t packet) const {
    return std::accumulate(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(packet),
                           std::size_t{0});
  }
  /// Packets are counted from 0 here.
  std::uint32_t number(std::size_t packet) const {
    return static_cast<std::uint32_t>(in_bytes() ? offset(packet) : packet + 1);
  }
  static std::uint32_t packet(std::size_t packet) { return static_cast<std::uint32_t>(packet + 1); }
  std::uint32_t amount(std::size_t packets) const {
    return static_cast<std::uint32_t>(in_bytes() ? offset(packets) : packets);
  }
  Bytes payload(std::size_t packet) const {
    return Bytes(content).subspan(offset(packet), sizes[packet]);
  }
  std::uint16_t crc_before(std::size_t packet) const {
    return crc16(Bytes(content).first(offset(packet)));
  }
  Geometry geometry() const { return {file, amount(count())}; }
  FileReceiver receiver(const ResumePoint& from = {}) const { return {geometry(), from}; }
  /// As if `held` packets were held, of which those from `from` on are to be compared.
  ResumePoint holding(std::size_t held, std::size_t from) const {
    const auto overlap = Bytes(content).subspan(offset(from), offset(held) - offset(from));
    return {packet(from),
            packet(held) - 1,
            offset(from),
            crc_before(from),
            {overlap.begin(), overlap.end()}};
  }
  FileTail tail(std::size_t from) const {
    const auto bytes = Bytes(content).subspan(offset(from));
    return {packet(from), offset(from), bytes.size(), crc64(bytes)};
  }
};

/// Sends packets on a chain of CRCs of its own.
struct Line {
  FileReceiver& receiver;
  std::uint16_t chain = 0;

  FileReceiver::Taken send(Bytes payload, std::optional<std::uint32_t> offset = {}) {
    chain = crc16(payload, chain);
    return receiver.take({payload, chain, offset});
  }
  /// From packet `begin` to before `end`.
  void send_fresh(const Device& device, std::size_t begin, std::size_t end) {
    for (auto i = begin; i < end; ++i) {
      REQUIRE(send(device.payload(i)).verdict == Verdict::fresh);
    }
  }
  void synchronise(std::uint32_t number) {
    receiver.synchronise(number);
    chain = 0;
  }
};

std::vector<Device> devices() {
  std::vector<Device> all;
  const auto path = *FileRef::of_path("dsm/video/231020/231452.mp4");
  for (const auto& file : {FileRef(FileKind::front_video), path}) {
    all.push_back({file, {1024, 1024, 1024, 1024, 1024, 300}});
    all.push_back({file, {4, 4, 4, 4, 4, 1}});
    all.push_back({file, {700, 20, 4, 512, 1024, 31}}); // a device may cut as it likes
    all.push_back({file, {1000, 1000, 1000, 1000, 1000, 1000}});
  }
  return all;
}

void check_whole(const Device& device, const FileReceiver& receiver) {
  CHECK(receiver.is_whole());
  CHECK(receiver.bytes() == device.content.size());
  CHECK(receiver.crc() == crc16(device.content));
}

} // namespace

TEST_CASE("file receiver: a file comes packet by packet, fresh and in order") {
  for (const auto& device : devices()) {
    for (const bool enhanced : {false, true}) {
      auto receiver = device.receiver();
      Line line{receiver};
      CHECK(receiver.wanted() == device.number(0));
      line.synchronise(device.number(0));
      for (std::size_t i = 0; i < device.count(); ++i) {
        CHECK_FALSE(receiver.is_whole());
        CHECK(receiver.wanted() == device.number(i));
        const auto offset = static_cast<std::uint32_t>(device.offset(i));
        const auto taken =
            line.send(device.payload(i), enhanced ? std::optional(offset) : std::nullopt);
        REQUIRE(taken.verdict == Verdict::fresh);
        CHECK(taken.number == device.number(i));
        CHECK(taken.offset == offset);
        CHECK(std::ranges::equal(taken.payload, device.payload(i)));
        CHECK_FALSE(receiver.is_comparing());
      }
      check_whole(device, receiver);
    }
  }
}

TEST_CASE("file receiver: a CRC that fits no chain costs nothing, and is asked for again") {
  for (const auto& device : devices()) {
    for (std::size_t bad = 0; bad < device.count(); ++bad) {
      auto receiver = device.receiver();
      Line line{receiver};
      line.synchronise(device.number(0));
      line.send_fresh(device, 0, bad);
      const auto crc = crc16(device.payload(bad), line.chain);
      for (unsigned bit = 0; bit < 16; ++bit) {
        const auto wrong = static_cast<std::uint16_t>(crc ^ 1U << bit);
        CHECK(receiver.take({device.payload(bad), wrong, {}}).verdict == Verdict::bad_crc);
      }
      CHECK(receiver.wanted() == device.number(bad));
      line.synchronise(receiver.wanted());
      line.send_fresh(device, bad, device.count());
      check_whole(device, receiver);
    }
  }
}

TEST_CASE("file receiver: behind a SYNC the chain restarts, goes on, or is the file's") {
  for (const auto& device : devices()) {
    for (const int way : {0, 1, 2}) {
      auto receiver = device.receiver();
      Line line{receiver};
      line.synchronise(device.number(0));
      line.send_fresh(device, 0, 3);
      const auto before = line.chain;
      line.synchronise(device.number(2)); // further back than asked
      line.chain = way == 0 ? std::uint16_t{0} : way == 1 ? before : device.crc_before(2);
      CHECK(line.send(device.payload(2)).verdict == Verdict::repeated);
      line.send_fresh(device, 3, device.count());
      check_whole(device, receiver);
    }
  }
}

TEST_CASE("file receiver: what a SYNC repeats is compared, and is not the file's twice") {
  for (const auto& device : devices()) {
    for (std::size_t back = 0; back < 5; ++back) {
      auto receiver = device.receiver();
      Line line{receiver};
      line.synchronise(device.number(0));
      line.send_fresh(device, 0, 5);
      line.synchronise(device.number(back));
      auto other = ByteBuffer(device.payload(back).begin(), device.payload(back).end());
      other[0] ^= std::byte{1};
      CHECK(line.send(other).verdict == Verdict::out_of_step);
      line.synchronise(device.number(back));
      const auto enhanced = static_cast<std::uint32_t>(device.offset(back));
      CHECK(line.send(device.payload(back), enhanced + 1).verdict == Verdict::out_of_step);
      line.synchronise(device.number(back));
      CHECK(line.send(device.payload(back), enhanced).verdict == Verdict::repeated);
      for (std::size_t i = back + 1; i < device.count(); ++i) {
        const auto verdict = line.send(device.payload(i)).verdict;
        CHECK(verdict == (i < 5 ? Verdict::repeated : Verdict::fresh));
      }
      check_whole(device, receiver);
    }
  }
}

TEST_CASE("file receiver: a SYNC may not lie behind what is wanted") {
  for (const auto& device : devices()) {
    auto receiver = device.receiver();
    Line line{receiver};
    line.synchronise(device.number(0));
    CHECK(line.send(device.payload(0)).verdict == Verdict::fresh);
    CHECK(receiver.may_synchronise(device.number(0)));
    CHECK(receiver.may_synchronise(device.number(1)));
    CHECK_FALSE(receiver.may_synchronise(device.number(1) + 1));
    CHECK(receiver.highest_sync() == device.number(1));
  }
}

TEST_CASE("file receiver: ENHANCED DATA of another place than the one due asks again") {
  for (const auto& device : devices()) {
    auto receiver = device.receiver();
    Line line{receiver};
    line.synchronise(device.number(0));
    CHECK(line.send(device.payload(0), 0).verdict == Verdict::fresh);
    const auto due = static_cast<std::uint32_t>(device.offset(1));
    for (const auto offset : {due - 1, due + 1, 0U, 0xFFFF'FFFFU}) {
      auto another = receiver;
      Line again{another, line.chain};
      CHECK(again.send(device.payload(1), offset).verdict == Verdict::out_of_step);
      CHECK(another.wanted() == device.number(1));
    }
    CHECK(line.send(device.payload(1), due).verdict == Verdict::fresh);
  }
}

TEST_CASE("file receiver: more than START said is out of step, and never the file's") {
  for (const auto& device : devices()) {
    if (device.in_bytes() && device.sizes.back() != 1) {
      continue; // a full packet, or more than one packet's difference: START may count packets
    }
    auto receiver = device.receiver();
    Line line{receiver};
    line.synchronise(device.number(0));
    line.send_fresh(device, 0, device.count());
    CHECK(line.send(random_bytes(2, 2)).verdict == Verdict::out_of_step);
    check_whole(device, receiver);
  }
}

TEST_CASE("file receiver: an empty packet is the file's last one, or out of step") {
  for (const auto& device : devices()) {
    auto receiver = device.receiver();
    Line line{receiver};
    line.synchronise(device.number(0));
    for (std::size_t i = 0; i + 1 < device.count(); ++i) {
      CHECK(line.send({}).verdict == Verdict::out_of_step);
      REQUIRE(line.send(device.payload(i)).verdict == Verdict::fresh);
    }
    if (!device.in_bytes()) { // of bytes none are missing then
      const auto taken = line.send({});
      CHECK(taken.verdict == Verdict::fresh);
      CHECK(taken.payload.empty());
      CHECK(receiver.is_whole());
    }
  }
}

TEST_CASE("file receiver: what is held is compared from any packet on, then the file goes on") {
  for (const auto& device : devices()) {
    for (std::size_t held = 1; held < device.count(); ++held) {
      for (std::size_t from = 0; from < held; ++from) {
        auto receiver = device.receiver(device.holding(held, from));
        Line line{receiver};
        CHECK(receiver.wanted() == device.number(from));
        line.synchronise(receiver.wanted());
        for (std::size_t i = from; i < held; ++i) {
          CHECK(receiver.is_comparing());
          REQUIRE(line.send(device.payload(i)).verdict == Verdict::repeated);
          const auto proved = receiver.compared();
          const auto last = i + 1 == held ? i : i + 1; // one packet at least is compared again
          CHECK(proved.packet == (device.in_bytes() ? device.packet(from) : device.packet(last)));
          CHECK(proved.offset == device.offset(last));
        }
        CHECK_FALSE(receiver.is_comparing());
        for (std::size_t i = held; i < device.count(); ++i) {
          const auto taken = line.send(device.payload(i));
          REQUIRE(taken.verdict == Verdict::fresh);
          CHECK(taken.offset == device.offset(i));
        }
        check_whole(device, receiver);
      }
    }
  }
}

TEST_CASE("file receiver: a single changed byte of what is held means another file") {
  for (const auto& device : devices()) {
    for (std::size_t changed = 1; changed < 4; ++changed) {
      auto from = device.holding(4, 1);
      from.overlap[device.offset(changed) - device.offset(1)] ^= std::byte{0x80};
      auto receiver = device.receiver(from);
      Line line{receiver};
      line.synchronise(receiver.wanted());
      for (std::size_t i = 1; i < changed; ++i) {
        REQUIRE(line.send(device.payload(i)).verdict == Verdict::repeated);
      }
      CHECK(line.send(device.payload(changed)).verdict == Verdict::different);
    }
  }
}

TEST_CASE("file receiver: a file is recognised by its end, or is another one") {
  for (const auto& device : devices()) {
    const ResumePoint from{.packet = 3,
                           .offset = device.offset(2),
                           .crc = device.crc_before(2),
                           .known = {{4, device.offset(3), 5, 6}, device.tail(2), device.tail(4)}};
    auto receiver = device.receiver(from);
    Line line{receiver};
    line.synchronise(receiver.wanted());
    for (std::size_t i = 2; i < device.count(); ++i) {
      CHECK(receiver.is_comparing());
      CHECK(line.send(device.payload(i)).verdict == Verdict::repeated);
    }
    CHECK(receiver.known() == 1);
    auto other = device;
    other.content.back() ^= std::byte{1};
    auto another = device.receiver(from);
    Line second{another};
    second.synchronise(another.wanted());
    for (std::size_t i = 2; i + 1 < device.count(); ++i) {
      CHECK(second.send(other.payload(i)).verdict == Verdict::repeated);
    }
    CHECK(second.send(other.payload(device.count() - 1)).verdict == Verdict::different);
  }
}

TEST_CASE("file receiver: bytes may come in other packets than before") {
  const auto path = *FileRef::of_path("mdas9/video/251021/094657.mp4");
  const Device before{path, {1024, 1024, 1024, 1024, 1024, 300}};
  for (const auto size : {1UL, 4UL, 500UL, 1000UL, 1023UL, 1025UL, 4096UL}) {
    for (const bool further_back : {false, true}) {
      const auto from = before.holding(3, 2);
      auto receiver = before.receiver(from);
      Line line{receiver};
      const std::size_t start = further_back ? 100 : 2048;
      line.synchronise(static_cast<std::uint32_t>(start));
      std::size_t had = 3072;
      for (auto rest = Bytes(before.content).subspan(start); !rest.empty();) {
        const auto payload = rest.first(std::min(size, rest.size()));
        rest = rest.subspan(payload.size());
        const auto taken = line.send(payload);
        const auto end = before.content.size() - rest.size();
        REQUIRE(taken.verdict == (end > 3072 ? Verdict::fresh : Verdict::repeated));
        if (taken.verdict == Verdict::fresh) {
          CHECK(taken.offset == had);
          CHECK(taken.number == had);
          CHECK(std::ranges::equal(taken.payload, Bytes(before.content).subspan(had, end - had)));
          had = end;
        }
      }
      check_whole(before, receiver);
    }
  }
}

TEST_CASE("file receiver: a repeat that ends in the middle of what came is known by its CRC") {
  const auto path = *FileRef::of_path("mdas9/video/251021/094657.mp4");
  const Device device{path, {1000, 1000, 1000, 1000, 1000, 1000}};
  auto receiver = device.receiver();
  Line line{receiver};
  line.synchronise(0);
  line.send_fresh(device, 0, 3);
  line.synchronise(1000);
  auto straddling = ByteBuffer(device.content.begin() + 1000, device.content.begin() + 3500);
  auto other = straddling;
  other[1999] ^= std::byte{1}; // the last byte that is there already
  CHECK(line.send(other).verdict == Verdict::out_of_step);
  line.synchronise(1000);
  const auto taken = line.send(straddling);
  CHECK(taken.verdict == Verdict::fresh);
  CHECK(taken.offset == 3000);
  CHECK(taken.payload.size() == 500);
  CHECK(receiver.wanted() == 3500);
}

TEST_CASE("file receiver: no file can be asked for from where no RESUME reaches") {
  const Geometry geometry(*FileRef::of_path("dsm/video/231020/231452.mp4"), 9);
  for (const auto& [offset, lies] :
       {std::pair(std::uint64_t{8}, true), {std::uint64_t{1} << 32, false}}) {
    ResumePoint from;
    from.offset = offset;
    CHECK(FileReceiver::begins_in(geometry, from) == lies);
  }
}

TEST_CASE("file receiver: a packet that is refused says nothing of how START counts") {
  const Device device{*FileRef::of_path("a/b"), {1024, 1024, 952}};
  auto receiver = device.receiver();
  Line line{receiver};
  line.synchronise(0);
  line.send_fresh(device, 0, 2);
  line.synchronise(1024);
  CHECK(line.send(random_bytes(2048, 3)).verdict == Verdict::out_of_step);
  line.synchronise(2048);
  REQUIRE(line.send(device.payload(2)).verdict == Verdict::fresh);
  check_whole(device, receiver);
  CHECK(receiver.geometry().expected_size() == device.content.size());
}

TEST_CASE("file receiver: a START that counted packets is found out, and the file is whole") {
  const auto path = *FileRef::of_path("a/b"); // of a family that nobody knows
  for (const auto count : {1UL, 2UL, 8UL, 40UL}) {
    for (const auto last : {1UL, 1023UL, 1024UL}) {
      Device device{path, std::vector<std::size_t>(count, 1024)};
      device.sizes.back() = last;
      device.content.resize(device.offset(count));
      FileReceiver receiver({path, static_cast<std::uint32_t>(count)}, {});
      Line line{receiver};
      line.synchronise(0);
      for (std::size_t i = 0; i < count; ++i) {
        CHECK((!receiver.is_whole() || receiver.geometry().may_go_on()));
        REQUIRE(line.send(device.payload(i)).verdict == Verdict::fresh);
      }
      check_whole(device, receiver);
      CHECK(line.send(random_bytes(1024, 3)).verdict == Verdict::out_of_step);
    }
  }
}

TEST_CASE("file receiver: a file that ends within what is held is another one") {
  const Device held{*FileRef::of_path("a/b"), {4, 4}};
  FileReceiver receiver({held.file, 2}, held.holding(2, 1)); // START counts packets
  Line line{receiver};
  line.synchronise(2);
  CHECK(line.send(Bytes(held.content).subspan(2, 4)).verdict == Verdict::different);
}

} // namespace dualcam::file_receiver_test
