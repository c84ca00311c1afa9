#include "dcam-sim/options.hpp"

#include <algorithm>
#include <charconv>

#include <asio/version.hpp>
#include <fmt/format.h>

#include "common/arguments.hpp"
#include "common/escape.hpp"
#include "common/host.hpp"
#include "common/imei.hpp"
#include "common/units.hpp"
#include "dualcam/wire/message.hpp"

namespace dualcam::sim {
namespace {

using Accepted = std::optional<std::string>;

std::optional<std::uint32_t> parse_positive(std::string_view text) {
  std::uint32_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && rest == end && number > 0 ? std::optional(number) : std::nullopt;
}

Accepted set_chunk(SimOptions& options, const std::string& given) {
  options.random_chunks = given == "random";
  options.chunk = options.random_chunks ? 0 : parse_positive(given).value_or(0);
  return options.random_chunks || options.chunk > 0 ? std::nullopt
                                                    : Accepted("a number of bytes, or 'random'");
}

Accepted add_cuts(SimOptions& options, const std::string& given) {
  for (const auto word : split_list(given)) {
    const auto packet = parse_positive(word);
    if (!packet && word != "random") {
      return "the number of a packet, or 'random', or several with commas between";
    }
    options.cuts.push_back(packet.value_or(0));
  }
  return std::nullopt;
}

Accepted set_corrupt(SimOptions& options, const std::string& given) {
  const auto share = parse_share(given);
  options.corrupt = share.value_or(0);
  return share ? std::nullopt : Accepted(accepted_shares);
}

Accepted set_position(SimOptions& options, const std::string& given) {
  const auto comma = given.find(',');
  const auto latitude = parse_degrees(given.substr(0, comma));
  const auto longitude =
      comma == std::string::npos ? std::nullopt : parse_degrees(given.substr(comma + 1));
  if (!latitude || !longitude) {
    return "LAT,LON in decimal degrees, such as 54.7,25.28";
  }
  options.position = {*latitude, *longitude};
  return std::nullopt;
}

Accepted set_imei(SimOptions& options, const std::string& given) {
  const auto imei = parse_whole_imei(given);
  options.imei = imei.value_or(0);
  return imei ? std::nullopt : Accepted("15 digits");
}

/// Of what depends on other options: what was chosen.
struct Chosen {
  bool camera = false;
  std::uint16_t protocol = 0; ///< 0 = it was not
  std::optional<MetaFormat> meta_format;
};

Accepted set_cameras(SimOptions& options, Chosen& chosen, const std::string& names) {
  options.cameras.clear();
  chosen.camera = true;
  for (const auto name : split_list(names)) {
    const auto* family = family_named(name);
    if (family == nullptr) {
      return "dualcam, adas, dsm, dashcam, or several of them behind one IMEI: adas,dsm";
    }
    options.cameras.push_back(family);
  }
  return std::nullopt;
}

Accepted set_path(SimOptions& options, const std::string& path) {
  options.path = path;
  return FileRef::of_path(path) ? std::nullopt : Accepted("1 to 65535 bytes");
}

Accepted set_end_status(SimOptions& options, const std::string& text) {
  const auto status = text == "0" ? std::optional(0U) : parse_positive(text);
  options.end_status = status;
  return status ? std::nullopt : Accepted("a number from 0 to 4294967295");
}

/// How files go by path.
void add_options_by_path(Arguments& parser, SimOptions& options) {
  parser.custom("--path", "PATH", "", "offer every file under this path as it stands",
                [&](const auto& path) { return set_path(options, path); });
  parser.choice<PathForm>(
      "--path-form", "FORM", options.path_form,
      {{"either", PathForm::either}, {"whole", PathForm::whole}, {"first7", PathForm::first7}},
      "how a path has to be asked for: whole, by its first7 bytes, or either");
  parser.number("--packet-size", "N", options.packet_size, 1, largest_packet,
                "bytes a packet, by path");
  parser.flag("--enhanced-data", options.enhanced_data, "send ENHANCED DATA, by path");
  parser.flag("--start-in-packets", options.start_in_packets,
              "count packets in START, by path, not bytes");
}

void add_tls_options(Arguments& parser, SimOptions& options) {
  parser.flag("--tls", options.tls, "TLS instead of plain TCP");
  parser.file("--tls-ca", options.tls_files.authorities,
              "one of these has to have signed the server's certificate (PEM)");
  parser.file("--tls-cert", options.tls_files.certificate, "the camera's certificate");
  parser.file("--tls-key", options.tls_files.key, "and its private key");
}

/// What is wrong with these; empty: nothing.
std::string wrong_tls(const SimOptions& options) {
  const auto& [certificate, key, authorities] = options.tls_files;
  if (!options.tls && !(certificate.empty() && key.empty() && authorities.empty())) {
    return "--tls-ca, --tls-cert and --tls-key are for --tls";
  }
  return certificate.empty() == key.empty() ? "" : "--tls-cert and --tls-key go together";
}

void add_options(Arguments& parser, SimOptions& options, Chosen& chosen) {
  parser.number("--generate", "SECONDS", options.generate, 1, 3600,
                "make a photo and a video of this length with ffmpeg (without FILEs 3)");
  parser.flag("--again", options.again, "offer what the last run generated once more");
  parser.custom("--replay", "CAPTURE", "",
                "play the devices of a pcap or pcapng file, at its pace or --rate",
                [&](const auto& given) -> Accepted {
                  options.replay = given;
                  return given.empty() ? Accepted("the name of a capture") : std::nullopt;
                });
  parser.custom("--imei", "IMEI", format_imei(options.imei), "who the (first) camera is",
                [&](const auto& given) { return set_imei(options, given); });
  parser.number("--devices", "N", options.devices, 1, 10000,
                "this many cameras at once, IMEIs counting up");
  parser.duration("--ramp", options.ramp, "spread their first connections over this time");
  parser.custom("--camera", "NAMES", "dualcam",
                "what it is: dualcam, adas, dsm or dashcam; adas,dsm: both behind one IMEI",
                [&](const auto& names) { return set_cameras(options, chosen, names); });
  parser.number("--protocol", "N", chosen.protocol, 5, 7,
                "5, 6 or 7 (5; 6 for a DashCam, and a DualCam's --path)");
  parser.number("--meta-version", "N", options.meta_version, 0, 4,
                "metadata version; 0 = firmware that has none");
  parser.choice<std::optional<MetaFormat>>(
      "--meta-format", "FORMAT", chosen.meta_format,
      {{"binary", MetaFormat::binary}, {"json", MetaFormat::json}},
      "binary or json (binary; from protocol 6 on json)");
  parser.number("--fps", "N", options.frame_rate, 1, 60, "frames a second");
  parser.custom("--position", "LAT,LON", "54.7004183,25.2796514", "where the camera is",
                [&](const auto& given) { return set_position(options, given); });
  parser.number("--trigger", "N", options.trigger, 0, 255, "what made it record");
  parser.number("--seed", "N", options.seed, 0, INT64_MAX, "of everything that is random");
  parser.size("--rate", options.rate, "bytes a second; 0 = as fast as it goes");
  parser.custom("--chunk", "N", "", "bytes a write: a number, or 'random'",
                [&](const auto& given) { return set_chunk(options, given); });
  parser.custom("--corrupt", "P", "0", "share of packets that are damaged on the way",
                [&](const auto& given) { return set_corrupt(options, given); });
  parser.custom(
      "--cut", "N", "", "lose the connection after packet N, or a 'random' one; repeatable",
      [&](const auto& given) { return add_cuts(options, given); }, true);
  parser.duration("--stall", options.stall, "fall silent for that long before a random packet");
  parser.number("--reconnect", "N", options.reconnect, 0, 1'000'000,
                "come back N times after a lost connection");
  parser.duration("--reconnect-delay", options.reconnect_delay, "after this long");
  parser.choice<CrcAfterSync>("--crc-after-sync", "HABIT", options.crc_after_sync,
                              {{"zero", CrcAfterSync::zero}, {"chain", CrcAfterSync::chain}},
                              "what the packet CRC goes on from: zero or chain");
  parser.number("--sync-back", "N", options.sync_back, 0, 1'000'000,
                "SYNC goes back so many packets further than asked");
  parser.custom("--end-status", "N", "", "send this STATUS after the last packet of each file",
                [&](const auto& text) { return set_end_status(options, text); });
  parser.flag("--replace-file", options.replace_file,
              "after a cut offer another file of the same kind and size");
  parser.flag("--mute-metadata", options.mute_metadata, "do not answer METADATA REQUEST");
  add_tls_options(parser, options);
  add_options_by_path(parser, options);
}

/// What does not fit together; empty: it does.
std::string contradiction(const SimOptions& options) {
  if (std::ranges::any_of(options.cameras,
                          [&](const Family* family) { return options.goes_by_path(*family); })) {
    return {};
  }
  using Use = std::pair<std::string_view, bool>;
  for (const auto& [name, used] : {Use{"--path", !options.path.empty()},
                                   Use{"--path-form", options.path_form != PathForm::either},
                                   Use{"--packet-size", options.packet_size != full_packet},
                                   Use{"--enhanced-data", options.enhanced_data},
                                   Use{"--start-in-packets", options.start_in_packets}}) {
    if (used) {
      return fmt::format("{} is for files by path, which a DualCam of protocol 5 does not have: "
                         "give --protocol 6, or --camera adas, dsm or dashcam",
                         name);
    }
  }
  return {};
}

void settle(SimOptions& options, const Chosen& chosen) {
  if (!chosen.camera && !options.path.empty()) {
    options.cameras = {&family_of_path(options.path)};
  }
  const auto has = [&](Camera camera) {
    return std::ranges::find(options.cameras, camera, &Family::camera) != options.cameras.end();
  };
  const bool needs_6 =
      has(Camera::dashcam) || (has(Camera::dualcam) && !chosen.camera && !options.path.empty());
  options.protocol = chosen.protocol != 0 ? chosen.protocol : needs_6 ? 6 : 5;
  options.meta_format = chosen.meta_format.value_or(
      options.protocol >= first_protocol_by_path ? MetaFormat::json : MetaFormat::binary);
}

} // namespace

std::expected<SimOptions, ExitCode> parse_sim_options(int count, const char* const* arguments) {
  SimOptions options;
  Arguments parser({
      .name = "dcam-sim",
      .usage = "[options] HOST:PORT [FILE...]",
      .summary = "Acts as a camera that uploads files, with the faults of real ones. FILE is a "
                 "path, or KIND=PATH with KIND photof, photor, videof or videor.",
      .examples = "  dcam-sim localhost:7050                       a generated photo and video\n"
                  "  dcam-sim --camera dsm localhost:7050 a.jpg    one file, by path\n"
                  "  dcam-sim --corrupt 0.02 --cut random --reconnect 9 localhost:7050",
      .libraries = fmt::format("Asio {}.{}.{}", ASIO_VERSION / 100000, ASIO_VERSION / 100 % 1000,
                               ASIO_VERSION % 100),
  });
  std::vector<std::string> positionals;
  parser.positionals("HOST:PORT", positionals, "the server, and the files to upload");
  Chosen chosen;
  add_options(parser, options, chosen);
  parser.file_lists(positionals);
  if (const auto code = parser.parse(count, arguments)) {
    return std::unexpected(*code);
  }
  settle(options, chosen);
  if (const auto text = wrong_tls(options); !text.empty()) {
    return std::unexpected(parser.usage_error(text));
  }
  if (const auto text = contradiction(options); !text.empty()) {
    return std::unexpected(parser.usage_error(text));
  }
  if (positionals.empty()) {
    return std::unexpected(parser.usage_error("HOST:PORT is required"));
  }
  const auto& address = positionals.front();
  const auto colon = address.rfind(':');
  const auto port = colon == std::string::npos ? "" : address.substr(colon + 1);
  if (colon == 0 || parse_positive(port).value_or(65536) > 65535) {
    return std::unexpected(parser.usage_error(
        fmt::format("'{}' is not HOST:PORT, such as localhost:7050", escaped(address))));
  }
  options.host = without_brackets(std::string_view(address).substr(0, colon));
  options.port = port;
  options.files.assign(positionals.begin() + 1, positionals.end());
  options.common = parser.common();
  if (options.files.empty() && options.generate == 0 && parser.has_file_lists()) {
    return std::unexpected(ExitCode::done);
  }
  const bool acts = options.generate != 0 || options.again || !options.files.empty() ||
                    options.devices != 1 || options.corrupt != 0 || !options.cuts.empty() ||
                    options.stall || options.reconnect != 0 || options.replace_file;
  if (!options.replay.empty() && acts) {
    return std::unexpected(parser.usage_error(
        "--replay plays what was captured: it goes with neither files nor faults"));
  }
  if (options.again && (!options.files.empty() || options.generate != 0)) {
    return std::unexpected(parser.usage_error(
        "--again offers what was generated last: it goes with neither FILEs nor --generate"));
  }
  return options;
}

} // namespace dualcam::sim
