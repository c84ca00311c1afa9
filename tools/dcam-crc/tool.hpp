// What dcam-crc does, file by file.
#pragma once

#include "dcam-crc/options.hpp"

namespace dualcam::crc {

/// Prints checksums, checks lists or checks dumps, as `options` say.
class CrcTool {
public:
  explicit CrcTool(const CrcOptions& options)
      : options_(options), console_("dcam-crc", options.common) {}

  ExitCode run();

private:
  struct ListTally;

  ExitCode print_checksum(const std::string& path);
  ExitCode check_list(const std::string& path);
  void check_line(std::string_view line, ListTally& tally);
  ExitCode summarise(const std::string& path, const ListTally& tally);
  ExitCode check_dumps();
  void result_line(const std::string& name, std::string_view result, std::string_view word);

  const CrcOptions& options_;
  Console console_;
  Product product_;
};

} // namespace dualcam::crc
