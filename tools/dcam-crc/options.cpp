#include "dcam-crc/options.hpp"

#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/arguments.hpp"
#include "common/pcap_reader.hpp"

namespace dualcam::crc {
namespace {

std::optional<std::uint16_t> parse_crc(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
  }
  std::uint16_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value, 16);
  return error == std::errc{} && rest == end && text.size() <= 4 ? std::optional(value)
                                                                 : std::nullopt;
}

void add_options(Arguments& parser, CrcOptions& options) {
  parser.custom("--init", "HEX", "0000", "CRC to go on from; with --dump: of packets without START",
                [&](const auto& given) -> std::optional<std::string> {
                  const auto value = parse_crc(given);
                  options.initial = value;
                  return value ? std::nullopt
                               : std::optional<std::string>("1 to 4 hex digits, such as 2189");
                });
  parser.flag("-c,--check", options.check, "FILE is a list of checksums to compare with");
  parser.flag(
      "--dump", options.dump,
      "FILE is captured traffic: the device's bytes, binary or as hex text, pcap or pcapng");
  parser.custom("--port", "N", "", "only connections with this TCP port (implies --dump)",
                [&](const auto& given) -> std::optional<std::string> {
                  std::uint16_t port = 0;
                  const auto* end = given.data() + given.size();
                  const auto [rest, error] = std::from_chars(given.data(), end, port);
                  options.port = port;
                  return error == std::errc{} && rest == end && port != 0
                             ? std::nullopt
                             : std::optional<std::string>("a whole number from 1 to 65535");
                });
  parser.custom("-x,--extract", "DIR", "", "write the transferred files to DIR (implies --dump)",
                [&](const auto& given) -> std::optional<std::string> {
                  options.extract_folder = given;
                  return given.empty() ? std::optional<std::string>("the name of a folder")
                                       : std::nullopt;
                });
  parser.custom("--scrub", "OUT", "",
                "write a capture like it, with everything private replaced (implies --dump)",
                [&](const auto& given) -> std::optional<std::string> {
                  options.scrub = given;
                  return given.empty() ? std::optional<std::string>("the name of a new file")
                                       : std::nullopt;
                });
  parser.size("--max-file-size", options.max_file_size, "with --extract: write no larger files");
  parser.flag("--map", options.map, "draw each transfer's packets (implies --dump)");
}

std::string libraries() {
  return fmt::format("nlohmann-json {}.{}.{}, {}", NLOHMANN_JSON_VERSION_MAJOR,
                     NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH, pcap_version());
}

} // namespace

std::expected<CrcOptions, ExitCode> parse_crc_options(int count, const char* const* arguments) {
  CrcOptions options;
  Arguments parser({
      .name = "dcam-crc",
      .usage = "[options] [FILE...]",
      .summary = "Prints the CRC-16/KERMIT of files, checks lists of them, and checks captured "
                 "camera traffic packet by packet.",
      .examples = "  dcam-crc *.h265 > list; dcam-crc -c list\n"
                  "  dcam-crc --dump capture.pcap --map\n"
                  "  xxd dump.bin | dcam-crc --dump -x files",
      .libraries = libraries(),
  });
  parser.positionals("FILE", options.files, "standard input by default, or -");
  add_options(parser, options);
  parser.file_lists(options.files);
  if (const auto code = parser.parse(count, arguments)) {
    return std::unexpected(*code);
  }
  options.dump = options.dump || options.port || options.map || !options.extract_folder.empty() ||
                 !options.scrub.empty();
  if (options.check && options.dump) {
    return std::unexpected(parser.usage_error("--check and --dump exclude each other"));
  }
  if (!options.scrub.empty() &&
      (options.map || options.initial || !options.extract_folder.empty())) {
    return std::unexpected(
        parser.usage_error("--scrub writes a capture: it goes with none of --map, -x and --init"));
  }
  if (options.scrub == "-" && parser.common().json) {
    return std::unexpected(
        parser.usage_error("--scrub - and --json both want standard output: take one of them"));
  }
  if (options.files.empty() && parser.has_file_lists()) {
    return std::unexpected(ExitCode::done);
  }
  if (options.files.empty()) {
    options.files.emplace_back("-");
  }
  options.common = parser.common();
  return options;
}

} // namespace dualcam::crc
