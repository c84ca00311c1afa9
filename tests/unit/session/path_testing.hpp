// What the tests of files by path share: the vectors of dualcam-protocol(7), FILES BY PATH.
#pragma once

#include "session/conversation.hpp"

namespace dualcam::by_path_testing {

using namespace std::string_literals;

inline constexpr ServerConfig by_path{.wanted = Wishes::all()};
inline constexpr ServerConfig without_metadata{.wanted = Wishes::all(), .metadata = false};
inline constexpr auto init_path = "0000 0006 00013ee13c001981 42000400";
inline constexpr auto init_nothing = "0000 0006 00013ee13c001981 40000400";
inline constexpr auto ask_path = "000c00020000";
inline constexpr auto start_9 = "0001 0006 00000009 ffff"; // its last bytes may be anything
inline constexpr auto sync_0 = "0003 0004 00000000";
inline constexpr auto resume_0 = "0002000400000000";
inline constexpr auto close = "00000000";

/// "123456789" in packets of 4.
inline constexpr std::array data{"0004 0006 31323334 8832", "0004 0006 35363738 8b19",
                                 "0004 0003 39 2189"};
inline constexpr std::array enhanced{"000e 000a 00000000 31323334 8832",
                                     "000e 000a 00000004 35363738 8b19",
                                     "000e 0007 00000008 39 2189"};

struct Family {
  std::uint16_t protocol;
  std::string path;
  ByteBuffer metadata;
  bool is_asked_by_path; ///< METADATA REQUEST carries it
};

inline std::vector<Family> families() {
  const auto adas = from_hex("67162311 00 05 0342a982 fe7e435d 0a");
  const auto dsm = from_hex("6532edcc 01 0d fcbd567e 0181bca3 0109 454e4f44204e484f4a00");
  const auto text = R"({"version":1,"file":{"file_type":1,"file_timestamp":1729504017}})"s;
  const ByteBuffer json(as_bytes(text).begin(), as_bytes(text).end());
  return {
      {5, "mdas9/picture/251021/094657.jpg\0"s, adas, false},
      {6, "mdas9/picture/251021/094657.jpg\0"s, adas, false},
      {5, "dsm/picture/231020/231452.jpg\0"s, dsm, false},
      {6, "dsm/video/231020/231452.mp4"s, dsm, false},
      {6, "dualcam_front/picture/251021/094657.jpg\0"s, json, true},
      {7, "dualcam_rear/video/251021/094657.h265\0"s, json, true},
      {6, "dashcam/video/251021/094657.mp4\0"s, json, true},
      {5, "dashcam/video/251021/094657.mp4\0"s, {}, true},
      {6, "other/thing"s, json, true}, // nobody knows it
      {6, "dsm/"s + std::string(65'531, 'x'), dsm, false},
      {6, "../../etc/passwd\0"s, json, true},
  };
}

inline std::string command(const char* id, std::string_view payload) {
  constexpr auto digits = "0123456789abcdef";
  std::string hex = id;
  for (int shift = 12; shift >= 0; shift -= 4) {
    hex += digits[payload.size() >> shift & 0xF];
  }
  return hex + to_hex(as_bytes(payload));
}

/// Up to where the file has been asked for.
inline void ask(TestHost& host, std::string_view path) {
  host.receive(init_path);
  host.receive(encode(Path{path}));
  host.take_sent();
}

/// Up to the first packet.
inline void open(TestHost& host, std::uint32_t announced,
                 std::string_view path = "dsm/picture/a.jpg") {
  ask(host, path);
  host.receive(encode(Start{announced}));
  host.receive(sync_0);
  host.take_sent();
}

inline auto notes_of(const TestHost& host) {
  return std::ranges::count_if(host.events(),
                               [](const auto& event) { return event.starts_with("note "); });
}

inline ByteBuffer packets_of(Bytes bytes, std::size_t size) {
  ByteBuffer sent;
  std::uint16_t chain = 0;
  for (auto rest = bytes; !rest.empty(); rest = rest.subspan(std::min(size, rest.size()))) {
    const auto payload = rest.first(std::min(size, rest.size()));
    chain = crc16(payload, chain);
    append(sent, encode(Data{payload, chain}));
  }
  return sent;
}

} // namespace dualcam::by_path_testing
