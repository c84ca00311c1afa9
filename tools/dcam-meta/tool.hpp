// What dcam-meta does, input by input.
#pragma once

#include <cstdint>

#include "dcam-meta/input.hpp"
#include "dcam-meta/options.hpp"
#include "dcam-meta/record_writer.hpp"

namespace dualcam::meta {

/// Shows records, converts coordinates or tags photos, as `options` say.
class MetaTool {
public:
  explicit MetaTool(const MetaOptions& options)
      : options_(options), console_("dcam-meta", options.common),
        product_(direct_output(), options.common) {}

  ExitCode run();

private:
  ExitCode show();
  ExitCode show_input(const std::string& path, RecordWriter& writer);
  ExitCode show_hex(Bytes bytes, RecordWriter& writer);
  void show_record(const Record& record, const std::string& input, RecordWriter& writer);
  void check_clock(const std::string& name, std::string_view what, std::optional<DeviceTime> time);
  ExitCode convert();
  ExitCode convert_input();
  ExitCode convert_one(std::string_view line, const std::string& where);
  ExitCode tag_photos();
  ExitCode tag(const std::string& path);
  ExitCode complain(const std::string& name, const Error& error);
  ExitCode complain(const std::string& name, const RecordInput::Complaint& what);
  bool output_gone() const { return product_.reader_gone() || product_.error() != 0; }

  const MetaOptions& options_;
  Console console_;
  Product product_;
  std::uint64_t off_the_map_ = 0;
};

} // namespace dualcam::meta
