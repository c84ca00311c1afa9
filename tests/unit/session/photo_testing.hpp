// What the tests of a DualCam's photos share.
#pragma once

#include "dualcam/wire/crc16.hpp"
#include "session/session_testing.hpp"

namespace dualcam::photo_testing {

// the real device of dualcam-protocol(7)
inline constexpr auto init_front_photo = "0000 0005 00013ee13c001981 44000400";
inline constexpr auto init_nothing = "0000 0005 00013ee13c001981 40000400";
inline constexpr auto init_all = "0000 0005 00013ee13c001981 7c000400";
inline constexpr auto ask_metadata = "000a00072570686f746f66";
inline constexpr auto ask_front_photo = "000800072570686f746f66";
inline constexpr auto metadata_v1 = "000b 000d 01 04 00000192d84dac30 00 0000";

inline constexpr ServerConfig no_metadata{.metadata = false};

inline ByteBuffer data_packet(Bytes content, std::uint32_t packet, std::uint16_t& chain) {
  const auto rest = content.subspan(std::size_t{packet - 1} * full_packet);
  const auto payload = rest.first(std::min(rest.size(), full_packet));
  chain = crc16(payload, chain);
  return encode(Data{payload, chain});
}

/// DATA packets from `first` to `last`, the chain going on from `chain`.
inline ByteBuffer data_packets(Bytes content, std::uint32_t first, std::uint32_t last,
                               std::uint16_t chain = 0) {
  ByteBuffer bytes;
  for (auto packet = first; packet <= last; ++packet) {
    append(bytes, data_packet(content, packet, chain));
  }
  return bytes;
}

/// A host in mid-file: START and SYNC 1 are done, what was sent so far is taken.
inline void start_photo(TestHost& host, std::uint32_t packets) {
  host.receive(init_front_photo);
  host.receive(encode(Start{packets}));
  host.receive(encode(Sync{1}));
  host.take_sent();
}

} // namespace dualcam::photo_testing
