#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/config_file.hpp"
#include "common/exit_code.hpp"
#include "common/standard_streams.hpp"
#include "common/tls_context.hpp"
#include "dcam-serve/name_template.hpp"
#include "dualcam/files/wishes.hpp"
#include "dualcam/storage/part_file.hpp"

namespace dualcam::serve {

struct ServeOptions {
  CommonOptions common;
  std::uint16_t port = 7050;
  std::string bind; ///< empty = all addresses, IPv4 and IPv6
  std::filesystem::path output = ".";
  bool to_stdout = false;         ///< `-o -`: the first file's bytes, no folder
  NameTemplate name;              ///< of a DualCam's kinds
  NameTemplate name_by_path;      ///< of files by path; below the same fixed folder
  Wishes wishes = Wishes::all();  ///< what to fetch
  std::optional<Camera> camera;   ///< only its files are shown to `wishes`
  std::vector<std::string> imeis; ///< IMEIs and @FILEs; empty = all devices
  bool keep_listening = false;
  bool dry_run = false;
  bool check_config = false;
  std::uint64_t count = 0; ///< 0 = no limit
  std::optional<std::chrono::milliseconds> wait;
  std::chrono::milliseconds idle_timeout{60'000};
  bool metadata = true;
  IfExists if_exists = IfExists::number;
  std::vector<std::string> exec;     ///< the words of --exec; empty = no hook
  std::filesystem::path capture;     ///< empty = no capture
  std::filesystem::path metrics;     ///< empty = none
  bool proxy_protocol = false;       ///< connections come from a balancer that says for whom
  TlsFiles tls;                      ///< no certificate = plain TCP
  std::uint32_t max_connections = 0; ///< 0 = as many as the limit of open files allows
  std::uint64_t max_file_size = std::uint64_t{1} << 30;
  std::uint64_t min_free = std::uint64_t{200} << 20;
  std::chrono::milliseconds max_partial_age = std::chrono::days(14);
  std::string config; ///< the name of the file with `configured`
  std::vector<ConfigLine> configured;

  /// Nothing is made or served.
  bool only_looks() const { return dry_run || check_config; }
};

/// Parses and checks the command line; touches nothing. An exit code: the tool ends with it.
std::expected<ServeOptions, ExitCode> parse_serve_options(int count, const char* const* arguments);
/// The same once more, for what stands in --config now; silently. An error is what is wrong.
std::expected<ServeOptions, std::string> reparse_serve_options(int count,
                                                               const char* const* arguments);
/// Where in --config the file stands that `message` is about, or the option that it begins with, as
/// in "FILE line 3: "; empty: it is of the command line.
std::string place_in_config(const ServeOptions& options, std::string_view message);

} // namespace dualcam::serve
