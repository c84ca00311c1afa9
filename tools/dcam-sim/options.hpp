#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "common/exit_code.hpp"
#include "common/standard_streams.hpp"
#include "common/tls_context.hpp"
#include "dcam-sim/family.hpp"
#include "dualcam/files/geo.hpp"
#include "dualcam/files/wishes.hpp"
#include "dualcam/session/camera_session.hpp"

namespace dualcam::sim {

/// How metadata is written.
enum class MetaFormat {
  binary, ///< in the layout of the camera
  json,   ///< a document, as from protocol 6 on
};

struct SimOptions {
  CommonOptions common;
  std::string host;
  std::string port;
  std::vector<std::string> files; ///< as given: PATH or KIND=PATH; empty = generate
  std::uint32_t generate = 0;     ///< seconds of video; 0 = only if there are no files, then 3
  bool again = false;             ///< what was generated last
  std::string replay;             ///< a capture; empty = act as a camera

  std::uint64_t imei = 350612071913857; // the example of dualcam-protocol(7)
  std::uint32_t devices = 1;
  std::chrono::milliseconds ramp{0}; ///< their first connections are spread over this time
  std::vector<const Family*> cameras{&dualcam_family}; ///< behind each IMEI
  std::uint16_t protocol = 5;
  std::string path;              ///< of every file that goes by path; empty = made for each
  std::uint8_t meta_version = 3; ///< 0 = does not know METADATA REQUEST
  MetaFormat meta_format = MetaFormat::binary;
  std::uint8_t frame_rate = 20;
  Position position{54.7004183, 25.2796514};
  std::uint8_t trigger = 0;

  // The line and its faults.
  std::uint64_t seed = 1;
  std::uint64_t rate = 0;  ///< bytes a second; 0 = as fast as it goes
  std::uint32_t chunk = 0; ///< bytes a write; 0 = whole commands
  bool random_chunks = false;
  /// What is sent goes in pieces, or at a pace.
  bool is_paced() const { return rate != 0 || chunk != 0 || random_chunks; }
  double corrupt = 0;              ///< share of DATA packets
  std::vector<std::uint32_t> cuts; ///< after these packets; 0 = after a random one
  std::optional<std::chrono::milliseconds> stall;
  std::uint32_t reconnect = 0;
  std::chrono::milliseconds reconnect_delay{1000};
  CrcAfterSync crc_after_sync = CrcAfterSync::zero;
  std::uint32_t sync_back = 0; ///< packets
  std::optional<std::uint32_t> end_status;
  bool replace_file = false; ///< by another one after a cut
  bool mute_metadata = false;

  bool tls = false;
  TlsFiles tls_files; ///< no authorities = whoever the server is

  // How files go by path.
  PathForm path_form = PathForm::either;
  bool enhanced_data = false;
  std::uint32_t packet_size = full_packet;
  bool start_in_packets = false;

  /// Whether this camera's files do: by kind they are a DualCam's, up to protocol 5.
  bool goes_by_path(const Family& family) const {
    return family != dualcam_family || protocol >= first_protocol_by_path;
  }
};

/// Parses and checks the command line; touches nothing. An exit code: the tool ends with it.
std::expected<SimOptions, ExitCode> parse_sim_options(int count, const char* const* arguments);

} // namespace dualcam::sim
