// How each family of cameras talks, as one table: tests of transfers and of resumption run for all.
#pragma once

#include <array>
#include <string>

#include "dualcam/files/file_ref.hpp"
#include "dualcam/session/camera_session.hpp"
#include "dualcam/wire/crc16.hpp"
#include "testing.hpp"

namespace dualcam {

struct Dialect {
  const char* name;
  std::uint16_t protocol = 5;
  const char* folder = ""; ///< what its paths begin with; empty: files go by kind
  bool enhanced = false;   ///< ENHANCED DATA
  std::size_t packet = full_packet;

  bool by_path() const { return *folder != '\0'; }
  FileRef file(FileKind kind = FileKind::front_photo) const {
    return by_path() ? *FileRef::of_path(std::string(folder) + '/' + std::string(name_of(kind)))
                     : FileRef(kind);
  }
  /// The device that talks so.
  CameraConfig camera() const {
    return {.protocol = protocol, .imei = 42, .packet_size = packet, .enhanced = enhanced};
  }

  /// What START says of a file.
  std::uint32_t announced(Bytes content) const {
    return static_cast<std::uint32_t>(by_path() ? content.size()
                                                : (content.size() + packet - 1) / packet);
  }
  /// What RESUME and SYNC say of a byte that begins a packet.
  std::uint32_t number(std::size_t offset) const {
    return static_cast<std::uint32_t>(by_path() ? offset : offset / packet + 1);
  }
  /// All packets from this byte on, as behind a SYNC.
  ByteBuffer packets_from(Bytes content, std::size_t offset, std::uint16_t chain = 0) const {
    ByteBuffer sent;
    while (offset < content.size()) {
      const auto payload = content.subspan(offset, std::min(packet, content.size() - offset));
      chain = crc16(payload, chain);
      append(sent, enhanced
                       ? encode(EnhancedData{static_cast<std::uint32_t>(offset), payload, chain})
                       : encode(Data{payload, chain}));
      offset += payload.size();
    }
    return sent;
  }
  /// INIT and all that tells which file there is, up to START.
  ByteBuffer opening(std::uint32_t announced) const {
    auto sent = encode(Init{protocol, 42, by_path() ? 0x4200'0400U : 0x4400'0400U});
    append(sent, by_path() ? encode(Path{file().request()}) : ByteBuffer());
    append(sent, encode(Start{announced}));
    return sent;
  }
};

inline const auto& dialects() {
  static constexpr std::array all{
      Dialect{"DualCam"},
      Dialect{"DualCam by path", 6, "dualcam_front", false, 1020},
      Dialect{"ADAS", 5, "mdas9", false, 4000},
      Dialect{"DSM", 6, "dsm", true, 900},
      Dialect{"DashCam", 7, "dashcam", true, 700},
  };
  return all;
}

} // namespace dualcam
