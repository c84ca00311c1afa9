// dcam-crc --dump: reads dumps, reports their transfers, writes their files.
#pragma once

#include <optional>

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

  ExitCode check(const std::string& path);
  void on(const CapturedTransfer& transfer);
  void on(const CapturedStray& stray);
  void extract(const CapturedTransfer& transfer);

  const CrcOptions& options_;
  Product& product_;
  Console& console_;
  DumpReport report_;
  std::optional<Extractor> extractor_;
  ExitCode code_ = ExitCode::done;
};

} // namespace dualcam::crc
