// dcam-meta's command line.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "common/exit_code.hpp"
#include "common/standard_streams.hpp"
#include "dualcam/files/camera.hpp"
#include "dualcam/wire/bytes.hpp"

namespace dualcam::meta {

enum class RecordFormat { text, json, csv, geojson, gpx };

struct MetaOptions {
  std::vector<std::string> files; ///< `-` is standard input, also for coord if none is given
  std::vector<ByteBuffer> hex;    ///< of --hex
  std::optional<Camera> camera;   ///< nullopt: auto
  RecordFormat format = RecordFormat::text;
  bool tag = false;
  bool coord = false;
  std::vector<std::string> values; ///< of coord
  CommonOptions common;
};

/// Touches nothing. The code is what the tool is to exit with at once.
std::expected<MetaOptions, ExitCode> parse_meta_options(int count, const char* const* arguments);

} // namespace dualcam::meta
