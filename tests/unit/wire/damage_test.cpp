// How much damage a packet's CRC finds, seen through the session: what is handed to the host.
#include "dualcam/session/server_session.hpp"
#include "dualcam/wire/crc16.hpp"
#include "figures.hpp"
#include "testing.hpp"

namespace dualcam::damage_test {
namespace {

constexpr std::uint32_t damaged = 2; ///< of 4 packets

ByteBuffer packet_of(Bytes content, std::uint32_t packet) {
  const auto before = content.first(std::size_t{packet - 1} * full_packet);
  const auto payload = content.subspan(before.size(), full_packet);
  return encode(Data{payload, crc16(payload, crc16(before))});
}

/// A session in mid-file, and what it made of the bytes it got.
class Receiver {
public:
  explicit Receiver(Bytes content) : content_(content) {
    receive(encode(Init{5, 42, 0x4400'0400}));
    receive(encode(Start{4}));
    receive(encode(Sync{1}));
    receive(packet_of(content, 1));
  }

  void receive(const ByteBuffer& bytes) {
    session_.received(bytes, {});
    poll(TimePoint{});
  }

  void wait() {
    constexpr auto long_enough = TimePoint{} + Milliseconds(10'000);
    session_.tick(long_enough);
    poll(long_enough);
  }

  std::uint32_t delivered = 0;   ///< the last packet handed over
  bool wrong = false;            ///< bytes that are not the file's were handed over
  std::uint32_t asked_again = 0; ///< from this packet on

private:
  void poll(TimePoint now) {
    while (auto action = session_.poll()) {
      if (std::get_if<Identified>(&*action) != nullptr) {
        session_.accept(now);
      } else if (std::get_if<FileOffered>(&*action) != nullptr) {
        session_.fetch(now);
      } else if (std::get_if<FileStarted>(&*action) != nullptr) {
        session_.begin(now);
      } else if (const auto* resumed = std::get_if<Resumed>(&*action)) {
        asked_again = resumed->number;
      } else if (const auto* data = std::get_if<FileData>(&*action)) {
        delivered = data->number;
        wrong = wrong ||
                !std::ranges::equal(data->payload,
                                    content_.subspan(data->offset).first(data->payload.size()));
      }
    }
  }

  Bytes content_;
  ServerSession session_{{.metadata = false}, {}};
};

/// The device repeats the packet: the damage must not have hurt anything else.
void check_recovery(Receiver& receiver, Bytes content) {
  receiver.receive(encode(Sync{damaged}));
  receiver.receive(packet_of(content, damaged));
  REQUIRE(receiver.delivered == damaged);
  REQUIRE_FALSE(receiver.wrong);
}

/// A burst, some bytes replaced, some missing or some too many.
void damage(ByteBuffer& packet, std::mt19937& random) {
  const auto at = random() % packet.size();
  const auto length = 1 + random() % std::min<std::size_t>(64, packet.size() - at);
  const auto position = packet.begin() + static_cast<std::ptrdiff_t>(at);
  const auto end = position + static_cast<std::ptrdiff_t>(length);
  const auto any_byte = [&] { return static_cast<std::byte>(random() & 0xFF); };
  switch (random() % 4) {
  case 0:
    std::for_each(position, end, [&](std::byte& byte) { byte ^= any_byte(); });
    return;
  case 1:
    for (std::size_t i = 0; i < length; ++i) {
      packet[random() % packet.size()] = any_byte();
    }
    return;
  case 2:
    packet.erase(position, end);
    return;
  default:
    ByteBuffer extra(length);
    std::ranges::generate(extra, any_byte);
    packet.insert(position, extra.begin(), extra.end());
  }
}

} // namespace

TEST_CASE("damage: no single-bit flip of a packet is accepted") {
  const auto content = random_bytes(4 * full_packet, 1);
  const auto packet = packet_of(content, damaged);
  std::uint64_t accepted = 0;
  for (std::size_t bit = 8 * data_header; bit < 8 * packet.size(); ++bit) {
    CAPTURE(bit);
    Receiver receiver(content);
    auto flipped = packet;
    flipped[bit / 8] ^= std::byte{1} << static_cast<int>(bit % 8);
    receiver.receive(flipped);
    accepted += receiver.delivered == damaged ? 1 : 0;
    REQUIRE(receiver.asked_again == damaged);
    check_recovery(receiver, content);
  }
  CHECK(accepted == 0);
  figure("bit flips", "every single bit of a full packet's payload and CRC, content seed 1",
         8 * (packet.size() - data_header), std::to_string(accepted) + " accepted", "0 accepted");
}

TEST_CASE("damage: no single-bit flip of a packet's header makes other content of it") {
  const auto content = random_bytes(4 * full_packet, 2);
  for (std::size_t bit = 0; bit < 8 * data_header; ++bit) {
    CAPTURE(bit);
    Receiver receiver(content);
    auto stream = packet_of(content, damaged);
    stream[bit / 8] ^= std::byte{1} << static_cast<int>(bit % 8);
    append(stream, packet_of(content, 3));
    receiver.receive(stream);
    receiver.wait(); // some flips announce more bytes than there are
    REQUIRE(receiver.delivered == 1);
    REQUIRE(receiver.asked_again == damaged);
    check_recovery(receiver, content);
  }
}

TEST_CASE("damage: random damage passes about as seldom as 16 bits of CRC promise") {
  constexpr std::uint32_t seed = 3;
  const auto rounds = tries(full(100'000, 1'000'000));
  const auto content = random_bytes(4 * full_packet, seed);
  const auto packet = packet_of(content, damaged);
  const auto next = packet_of(content, 3);
  const Receiver in_mid_file(content);
  std::mt19937 random(seed);
  std::uint64_t accepted = 0;
  for (std::uint32_t round = 0; round < rounds; ++round) {
    auto stream = packet;
    damage(stream, random);
    append(stream, next); // where bytes are missing, the next ones are taken for them
    auto receiver = in_mid_file;
    receiver.receive(stream);
    accepted += receiver.wrong ? 1 : 0;
  }
  const auto expected = rounds / 65'536.0;
  CAPTURE(seed, rounds, accepted, expected);
  CHECK(static_cast<double>(accepted) < 3 * expected + 3);
  char result[64];
  std::snprintf(result, sizeof result, "%llu accepted, 1/65,536 would be %.1f",
                static_cast<unsigned long long>(accepted), expected);
  figure("bit flips", "random bursts, bytes replaced, missing, added; seed 3", rounds, result,
         "accepted share beside 1/65,536");
}

} // namespace dualcam::damage_test
