// dcam-crc --dump: reads dumps, reports their transfers, writes their files.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/decompressor.hpp"
#include "common/dump_source.hpp"
#include "dcam-crc/dump_report.hpp"
#include "dcam-crc/extractor.hpp"
#include "dualcam/capture/transfer_log.hpp"

namespace dualcam::crc {

class DumpCheck {
public:
  DumpCheck(const CrcOptions& options, Product& product, Console& console)
      : options_(options), product_(product), console_(console),
        report_(options, product, console) {}

  ExitCode run();

private:
  class Listener;

  /// Captures wait for the others: together they are one stream in time.
  struct Waiting {
    std::size_t position; ///< among those that were named
    std::string path;
    std::optional<std::uint64_t> time;
    std::optional<ContentFile> file; ///< what cannot be opened again
  };

  ExitCode look_at(const std::string& path);
  ExitCode check(const std::string& path, ContentFile file);
  ExitCode check_captures();
  ExitCode verdict(const DumpFacts& facts, const DumpTalk& talk) const;
  ExitCode failed(const std::string& path, const Error& error);
  void on(const CapturedTransfer& transfer);
  void on(const CapturedStray& stray);
  void extract(const CapturedTransfer& transfer);
  ExitCode finish_extracting();

  const CrcOptions& options_;
  Product& product_;
  Console& console_;
  DumpReport report_;
  std::optional<Extractor> extractor_;
  std::vector<Waiting> captures_;
  ExitCode code_ = ExitCode::done;
};

} // namespace dualcam::crc
