/// \file
/// The device's side of one connection, without I/O: what dcam-sim and the tests drive.
/// With a DualCam's kinds it behaves as real devices of protocol 5 were seen to, with files by path
/// as the vendor's server expects of them; dualcam-protocol(7).
///
///     while (auto action = session.poll()) perform(*action);   // until CameraEnded
///     wait for bytes; then session.received(...)
///
/// A session is used by one thread at a time. Actions own what is in them.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "dualcam/files/file_ref.hpp"
#include "dualcam/wire/bytes.hpp"
#include "dualcam/wire/framer.hpp"
#include "dualcam/wire/message.hpp"

namespace dualcam {

/// A file waiting on the device. Of several of one kind the first goes first, one a round; those by
/// path take turns, so that one which the server leaves alone keeps no other from coming.
struct CameraFile {
  FileRef file;        ///< what it is offered as
  Bytes content;       ///< not empty, less than 4 GiB; must outlive the session
  ByteBuffer metadata; ///< the METADATA payload; empty = the request is not answered

  /// How many packets of this size, which is not 0, it makes, the last one shorter.
  std::uint32_t packets(std::size_t size = full_packet) const;
};

/// Where a packet's CRC goes on from after a SYNC; both are known: dualcam-protocol(7), CRC.
enum class CrcAfterSync {
  zero,  ///< 0 [seen]
  chain, ///< the CRC of everything before the packet, as the page can be read
};

/// How a file by path has to be asked for.
enum class PathForm {
  either, ///< in one of these ways
  whole,  ///< by the whole path
  first7, ///< by its first 7 bytes [run]
};

/// What the device is.
struct CameraConfig {
  std::uint16_t protocol = 5;                       ///< as INIT says; from 6 on only paths count
  std::uint64_t imei = 0;                           ///< at most 15 digits
  CrcAfterSync crc_after_sync = CrcAfterSync::zero; ///< how its packets' CRCs go on
  std::uint32_t first_sync = 1;          ///< what SYNC says for packet 1: 0 or 1, both were seen
  std::uint32_t sync_back = 0;           ///< SYNC goes back so many packets further than asked
  std::size_t packet_size = full_packet; ///< of files by path: 1 to 4096 bytes
  bool enhanced = false;                 ///< files by path come as ENHANCED DATA
  bool start_in_packets = false;         ///< START of files by path, though it should be bytes
  PathForm path_form = PathForm::either; ///< another one is answered by STATUS 0x11
  std::optional<std::uint32_t> end_status{}; ///< a STATUS behind the last packet of a file
};

/// Write these bytes to the server.
struct CameraSend {
  ByteBuffer bytes;         ///< one command
  std::uint32_t packet = 0; ///< the packet's number from 1 on if this is DATA, else 0
  std::size_t file = 0;     ///< whose packet it is, in the list the session was made with
  std::uint32_t asked = 0;  ///< how often RESUME led back to it, or SYNC further back did
};

/// The server sent a command; `text` describes it.
struct CameraAsked {
  std::string text; ///< "RESUME 337": one line for logs
};

/// The server has taken the file: a device forgets it now.
struct CameraFileTaken {
  std::size_t index; ///< in the list the session was made with
  bool certainly;    ///< the server went on; by CLOSE it may have given up what did not arrive
};

/// The session is over: hang up.
struct CameraEnded {
  bool by_server;   ///< CLOSE or STATUS, otherwise the server broke the protocol
  std::string text; ///< a sentence
};

/// What `poll` hands out.
using CameraAction = std::variant<CameraSend, CameraAsked, CameraFileTaken, CameraEnded>;

/// One connection of a device.
class CameraSession {
public:
  /// Opens with INIT, which is the first action. `files` must outlive the session.
  CameraSession(const CameraConfig& config, std::span<const CameraFile> files);

  /// What the server sent, in pieces of any size. Legal at the start and after `poll` has returned
  /// nullopt or a CameraSend of DATA (std::logic_error where something would be lost); `bytes` must
  /// stay valid until it does so again. After the end they are ignored.
  void received(Bytes bytes);

  /// The next thing to do; nullopt when the session waits for the server, or has ended. One DATA at
  /// a time: feed what the server sent in between, or a RESUME is noticed too late.
  std::optional<CameraAction> poll();

private:
  struct Transfer {
    std::size_t file;
    std::optional<std::size_t> next{}; ///< offset of the packet to send, once RESUME has come
    std::uint16_t crc = 0;
    std::map<std::uint32_t, std::uint32_t> asked; ///< how often for which packet
  };

  void on_frame(const Framer::Frame& frame);
  void on_message(const Message& message);
  void on_path_request();
  void on_metadata_request(const MetadataRequest& request);
  void on_file_request(const FileRequest& request);
  void on_resume(const Resume& resume);
  void synchronise(std::size_t offset);
  void send_packet();
  void send_init();
  void take_sent_files(bool certainly = true);
  void refuse(std::uint32_t status, std::string why);
  void end(bool by_server, std::string text);
  void send(const Message& message);

  std::size_t packet_size(const FileRef& file) const;
  std::uint32_t number_of(const FileRef& file, std::size_t offset) const;
  std::optional<std::size_t> first_meant(std::string_view request) const;
  std::optional<std::size_t> first_of(std::optional<FileKind> kind, std::size_t from) const;
  bool means(std::string_view request, const FileRef& file) const;

  CameraConfig config_;
  std::span<const CameraFile> files_;
  std::vector<bool> sent_;
  std::vector<bool> taken_;
  std::size_t path_ = 0;   ///< the file by path whose turn it is, or one before it
  bool path_told_ = false; ///< since the last INIT
  std::optional<Transfer> transfer_;
  Framer framer_{Sender::server};
  std::deque<CameraAction> actions_;
  bool ended_ = false;
};

} // namespace dualcam
