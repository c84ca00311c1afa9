// The device's side of one connection, without I/O: what dcam-sim and the tests drive.
// It behaves as real devices of protocol 5 were seen to; shared/protocol.md.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "dualcam/files/file_kind.hpp"
#include "dualcam/wire/bytes.hpp"
#include "dualcam/wire/framer.hpp"
#include "dualcam/wire/message.hpp"

namespace dualcam {

/// A file waiting on the device. Of several of one kind the first goes first, one a round.
struct CameraFile {
  FileKind kind;
  Bytes content;       ///< not empty; must outlive the session
  ByteBuffer metadata; ///< the METADATA payload; empty = the request is not answered

  std::uint32_t packets() const;
};

/// Where a packet's CRC goes on from after a SYNC: both habits are known (protocol.md, "CRC").
enum class CrcAfterSync {
  zero,  ///< 0 [seen]
  chain, ///< the CRC of everything before the packet, as the page can be read
};

struct CameraConfig {
  std::uint16_t protocol = 5;
  std::uint64_t imei = 0;
  CrcAfterSync crc_after_sync = CrcAfterSync::zero;
  std::uint32_t first_sync = 1; ///< what SYNC says for packet 1: 0 or 1, both were seen
};

/// Write these bytes to the server.
struct CameraSend {
  ByteBuffer bytes;
  std::uint32_t packet = 0; ///< the packet's number if this is DATA, else 0
  std::size_t file = 0;     ///< whose packet it is, in the list the session was made with
  std::uint32_t asked = 0;  ///< how often RESUME asked for just this packet
};

/// The server sent a command; `text` describes it.
struct CameraAsked {
  std::string text;
};

/// The server has taken the file: a device forgets it now.
struct CameraFileTaken {
  std::size_t index; ///< in the list the session was made with
};

/// The session is over: hang up.
struct CameraEnded {
  bool by_server; ///< CLOSE or STATUS 0, otherwise the server broke the protocol
  std::string text;
};

using CameraAction = std::variant<CameraSend, CameraAsked, CameraFileTaken, CameraEnded>;

class CameraSession {
public:
  /// Opens with INIT. `files` must outlive the session.
  CameraSession(const CameraConfig& config, std::span<const CameraFile> files);

  /// What the server sent; `bytes` must stay valid until `poll` has returned nullopt or a
  /// CameraSend of DATA.
  void received(Bytes bytes);

  /// The next thing to do; nullopt when the session waits for the server. One DATA at a time: feed
  /// what the server sent in between, or a RESUME is noticed too late.
  std::optional<CameraAction> poll();

private:
  struct Transfer {
    std::size_t file;
    std::uint32_t next = 0; ///< the packet to send; 0 = RESUME has not come
    std::uint16_t crc = 0;
    std::map<std::uint32_t, std::uint32_t> asked; ///< how often for which packet
  };

  void on_frame(const Framer::Frame& frame);
  void on_message(const Message& message);
  void on_metadata_request(const MetadataRequest& request);
  void on_file_request(const FileRequest& request);
  void on_resume(const Resume& resume);
  void send_packet();
  void send_init();
  void take_sent_files();
  void refuse(std::uint32_t status, std::string why);
  void end(bool by_server, std::string text);
  void send(const Message& message);

  std::optional<std::size_t> first_of(std::optional<FileKind> kind) const;

  CameraConfig config_;
  std::span<const CameraFile> files_;
  std::vector<bool> sent_;
  std::vector<bool> taken_;
  std::optional<Transfer> transfer_;
  Framer framer_{Sender::server};
  std::deque<CameraAction> actions_;
  bool ended_ = false;
};

} // namespace dualcam
