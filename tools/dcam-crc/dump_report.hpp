// What is told about a dump: text for people, JSON Lines for programs.
#pragma once

#include <string>

#include "common/json.hpp"
#include "common/standard_streams.hpp"
#include "dcam-crc/dump_besides.hpp"
#include "dcam-crc/extractor.hpp"
#include "dcam-crc/options.hpp"
#include "dualcam/capture/transfer_log.hpp"

namespace dualcam::crc {

class DumpReport {
public:
  DumpReport(const CrcOptions& options, Product& product, Console& console);

  /// A dump is being read; `name` may hold anything.
  void begin(const std::string& name);
  /// What follows is of another of several dumps that are one.
  void goes_on_in(const std::string& name);
  void trace(const DumpStream& stream, const DumpEvent& event);
  void transfer(const CapturedTransfer& transfer);
  void extracted(const Extracted& extracted);
  void not_extracted(const Error& error);
  void skipped(const CapturedStray& stray);
  void end(const DumpFacts& facts, const DumpTalk& talk);

private:
  void transfer_text(const CapturedTransfer& transfer);
  void transfer_json(const CapturedTransfer& transfer);
  void event(std::string_view name, const Json& fields);
  void headline(const CapturedTransfer& transfer);
  void damages(const CapturedTransfer& transfer);

  const CrcOptions& options_;
  Product& product_;
  Console& console_;
  std::string dump_;
  std::uint64_t transfers_ = 0;
  bool is_flawed_ = false; ///< something is bad or missing
  bool color_;
};

} // namespace dualcam::crc
