// dcam-crc --dump: reads dumps, reports their transfers, writes their files.
#pragma once

#include <optional>

#include "dcam-crc/dump_report.hpp"

namespace dualcam::crc {

class DumpCheck {
public:
  DumpCheck(const CrcOptions& options, Product& product, Console& console)
      : options_(options), product_(product), console_(console),
        report_(options, product, console) {}

  ExitCode run();

private:
  ExitCode check(const std::string& path);
  void on_transfer(const Transfer& transfer);

  const CrcOptions& options_;
  Product& product_;
  Console& console_;
  DumpReport report_;
  std::optional<Extractor> extractor_;
  ExitCode code_ = ExitCode::done;
};

} // namespace dualcam::crc
