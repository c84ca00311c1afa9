#include "dcam-serve/options.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include <asio/version.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <openssl/crypto.h>

#include "common/arguments.hpp"
#include "common/camera_choices.hpp"
#include "common/escape.hpp"
#include "common/imei.hpp"
#include "common/shell.hpp"
#include "common/units.hpp"
#include "dcam-serve/output_folder.hpp"

namespace dualcam::serve {
namespace {

using namespace std::string_view_literals;

constexpr auto default_name = "{imei}/{time}_{kind}{ext}";
constexpr auto default_name_by_path = "{imei}/{time}_{camera}{ext}";

constexpr auto accepted_sources = "one or more of photof photor videof videor photo video front "
                                  "rear adas dsm dashcam path all, commas between";

std::optional<Wishes> wishes_named(std::string_view word) {
  using enum Wish;
  const auto list = [](auto... each) {
    Wishes result;
    (result.add(each), ...);
    return result;
  };
  const std::array words{
      std::pair("photo"sv, list(front_photo, rear_photo)),
      std::pair("video"sv, list(front_video, rear_video)),
      std::pair("front"sv, list(front_photo, front_video)),
      std::pair("rear"sv, list(rear_photo, rear_video)),
      std::pair("adas"sv, list(adas)),
      std::pair("dsm"sv, list(dsm)),
      std::pair("dashcam"sv, list(dashcam)),
      std::pair("path"sv, list(path)),
      std::pair("all"sv, Wishes::all()),
  };
  const auto* found = std::ranges::find(words, word, &std::pair<std::string_view, Wishes>::first);
  if (found != words.end()) {
    return found->second;
  }
  const auto kind = file_kind_named(word);
  return kind ? std::optional<Wishes>(FileRef(*kind).kinds()) : std::nullopt;
}

std::optional<Wishes> parse_sources(std::string_view list) {
  Wishes wishes;
  std::string commas;
  for (const char character : list) {
    if (character != ' ') {
      commas += character;
    } else if (!commas.ends_with(',')) {
      commas += ',';
    }
  }
  for (const auto word : split_list(commas)) {
    const auto named = wishes_named(word);
    if (!named) {
      return std::nullopt;
    }
    wishes.add(*named);
  }
  return wishes;
}

/// What is accepted instead if it is none: as for all of these.
std::optional<std::string> add_imeis(ServeOptions& options, const std::string& given) {
  if (given.starts_with('@') && given.size() > 1) { // the name of a file may have commas in it
    options.imeis.push_back(given);
    return std::nullopt;
  }
  for (const auto word : split_list(given)) {
    if (!parse_whole_imei(word)) {
      return "15 digits, or @FILE; several devices with commas between";
    }
    options.imeis.emplace_back(word);
  }
  return std::nullopt;
}

std::optional<std::string> set_exec(ServeOptions& options, const std::string& given) {
  auto words = split_command(given);
  if (!words) {
    return "a command with arguments, quoted as for a shell: " + words.error();
  }
  if (words->empty() || words->front().empty()) {
    return "a command with arguments, such as upload --fast";
  }
  options.exec = std::move(*words);
  return std::nullopt;
}

void add_tls_options(Arguments& parser, TlsFiles& files) {
  parser.file("--tls-cert", files.certificate,
              "TLS instead of plain TCP, by this certificate (PEM)");
  parser.file("--tls-key", files.key, "its private key");
  parser.file("--tls-client-ca", files.authorities,
              "cameras need a certificate that one of these has signed");
}

std::string libraries() {
  return fmt::format("Asio {}.{}.{}, nlohmann-json {}.{}.{}, OpenSSL {}", ASIO_VERSION / 100000,
                     ASIO_VERSION / 100 % 1000, ASIO_VERSION % 100, NLOHMANN_JSON_VERSION_MAJOR,
                     NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH,
                     OpenSSL_version(OPENSSL_VERSION_STRING));
}

/// The name of a file as messages have it; empty: the line has none.
std::string file_in(const ConfigLine& line) {
  const auto value = line.value.value_or("");
  if (line.name == "imei") {
    return value.starts_with('@') ? value.substr(1) : "";
  }
  if (line.name == "exec") {
    return split_command(value)->front();
  }
  if (line.name == "output") {
    return one_spelling(value).string();
  }
  constexpr std::array files{"capture"sv, "metrics"sv, "tls-cert"sv, "tls-key"sv,
                             "tls-client-ca"sv};
  return std::ranges::find(files, line.name) != files.end() ? value : "";
}

std::expected<ServeOptions, ExitCode> parse(int count, const char* const* arguments,
                                            std::function<void(std::string_view)> complain) {
  ServeOptions options;
  options.name = *NameTemplate::parse(default_name);
  options.name_by_path = *NameTemplate::parse(default_name_by_path);
  Arguments parser({
      .name = "dcam-serve",
      .usage = "[-p PORT] [-o DIR|-] [options]",
      .summary = "Waits for DualCam, ADAS, DSM and DashCam cameras on a TCP port and downloads the "
                 "photos and videos they offer.",
      .examples = "  dcam-serve                        one camera, files below the current folder\n"
                  "  dcam-serve -k -o /srv/cameras     a server for any number of cameras\n"
                  "  dcam-serve -s video | xargs -r -d '\\n' -n1 sha256sum",
      .libraries = libraries(),
      .complain = std::move(complain),
  });
  parser.number("-p,--port", "N", options.port, 0, 65535, "TCP port; 0 = any free one");
  parser.text("-b,--bind", "ADDR", options.bind, "address to listen on (all)");
  parser.custom("-o,--output", "DIR", ".", "folder that files go to; - = the first file to stdout",
                [&](const auto& given) {
                  options.to_stdout = given == "-";
                  options.output = options.to_stdout ? "." : given;
                  return given.empty() ? std::optional<std::string>("the name of a folder")
                                       : std::nullopt;
                });
  parser.custom("--name", "TEMPLATE", default_name,
                "name below DIR, from {imei} {time} {trigger_time} {received} {kind} {camera} "
                "{path} {trigger} {ext}",
                [&](const auto& given) -> std::optional<std::string> {
                  auto name = NameTemplate::parse(given);
                  if (!name) {
                    return "a path such as " + std::string(default_name) + ": " + name.error();
                  }
                  options.name = options.name_by_path = std::move(*name);
                  return std::nullopt;
                });
  parser.custom("-s,--source", "LIST", "all",
                "what to fetch, the first first, commas between: photof photor videof videor photo "
                "video front rear adas dsm dashcam path all",
                [&](const auto& given) -> std::optional<std::string> {
                  const auto wishes = parse_sources(given);
                  options.wishes = wishes.value_or(Wishes());
                  return wishes ? std::nullopt : std::optional<std::string>(accepted_sources);
                });
  parser.choice("--camera", "FAMILY", options.camera, camera_choices(),
                "hide the files of all other families: dualcam, adas, dsm or dashcam");
  parser.custom(
      "-i,--imei", "IMEI", "", "only these devices, commas between; repeatable, @FILE for a list",
      [&](const auto& given) { return add_imeis(options, given); }, true);
  parser.flag("-k,--keep-listening", options.keep_listening,
              "serve any number of cameras until stopped");
  parser.flag("-n,--dry-run", options.dry_run,
              "print where files would go if they came now; serve none");
  parser.print0();
  parser.custom("-c,--count", "N", "", "stop after N files",
                [&](const auto& given) -> std::optional<std::string> {
                  const bool digits = !given.empty() && given.size() <= 18 &&
                                      given.find_first_not_of("0123456789") == std::string::npos;
                  options.count = digits ? std::stoull(given) : 0;
                  return options.count > 0 ? std::nullopt
                                           : std::optional<std::string>("a whole number from 1");
                });
  parser.duration("-w,--wait", options.wait,
                  "give up if no camera comes, or comes back, in that time (forever)");
  parser.duration("--idle-timeout", options.idle_timeout,
                  "drop a connection that makes no progress");
  parser.off_flag("--no-metadata", options.metadata, "do not ask for metadata");
  parser.if_exists(options.if_exists);
  parser.custom("--exec", "CMD", "", "run CMD PATH for each finished file, without a shell",
                [&](const auto& given) { return set_exec(options, given); });
  parser.file("--capture", options.capture, "also write the traffic as a pcap");
  parser.file("--metrics", options.metrics,
              "figures for Prometheus, replaced every 10 s (node_exporter's textfile collector)");
  add_tls_options(parser, options.tls);
  parser.flag("--proxy-protocol", options.proxy_protocol,
              "connections come through a balancer that sends PROXY v1 or v2");
  parser.number("--max-connections", "N", options.max_connections, 1, 1'000'000,
                "connections at once (as many as ulimit -n allows)");
  parser.size("--max-file-size", options.max_file_size, "refuse larger files");
  parser.size("--min-free", options.min_free, "leave so much room on the disk");
  parser.duration("--max-partial-age", options.max_partial_age,
                  "remove parts that have not grown in that time");
  auto log_time = CommonOptions::When::automatic;
  parser.choice("--log-time", "WHEN", log_time, whens(),
                "ISO 8601 UTC before each line of stderr: auto (neither terminal nor journal), "
                "always or never");
  parser.config_file();
  parser.flag("--check-config", options.check_config,
              "look at the options and the files that they name, and end");
  if (const auto code = parser.parse(count, arguments)) {
    return std::unexpected(*code);
  }
  options.config = parser.config();
  options.configured = parser.configured();
  const auto wrong = [&](const std::string& why) {
    return std::unexpected(parser.usage_error(escaped(place_in_config(options, why)) + why));
  };
  if (options.idle_timeout.count() == 0) {
    return wrong("--idle-timeout: '0' would drop every connection");
  }
  options.common = parser.common();
  options.common.log_time = log_time;
  if (options.camera) {
    options.wishes.show_only(*options.camera);
  }
  if (options.tls.certificate.empty() != options.tls.key.empty()) {
    return wrong(options.tls.key.empty()
                     ? "--tls-cert: the certificate's --tls-key is missing"
                     : "--tls-key: the --tls-cert that it belongs to is missing");
  }
  if (options.tls.certificate.empty() && !options.tls.authorities.empty()) {
    return wrong("--tls-client-ca: without --tls-cert and --tls-key there is no TLS");
  }
  if (options.metrics == "-") {
    return wrong("--metrics: '-' is not accepted; give the name of a file");
  }
  if (options.to_stdout && options.keep_listening) {
    return wrong("--output - takes one file: it does not go with -k");
  }
  if (options.to_stdout && options.common.json) {
    return wrong("--output - and --json both want standard output: take one of them");
  }
  if (options.to_stdout && !options.exec.empty()) {
    return wrong("--output - makes no file that --exec could be given: take one of them");
  }
  if (options.to_stdout) {
    options.count = 1;
  }
  return options;
}

} // namespace

std::expected<ServeOptions, ExitCode> parse_serve_options(int count, const char* const* arguments) {
  return parse(count, arguments, {});
}

std::expected<ServeOptions, std::string> reparse_serve_options(int count,
                                                               const char* const* arguments) {
  std::string why;
  auto options = parse(count, arguments, [&why](auto text) { why = text; });
  return options ? std::expected<ServeOptions, std::string>(std::move(*options))
                 : std::unexpected(why);
}

std::string place_in_config(const ServeOptions& options, std::string_view message) {
  const auto words = " " + std::string(message);
  for (const auto& line : options.configured) {
    const auto file = file_in(line);
    for (const auto* end : {":", ",", " "}) {
      if ((!file.empty() && words.contains(" " + file + end)) ||
          message.starts_with("--" + line.name + end)) {
        return fmt::format("{} line {}: ", options.config, line.number);
      }
    }
  }
  return "";
}

} // namespace dualcam::serve
