// Records in the output formats of dcam-meta.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/record.hpp"
#include "dcam-meta/options.hpp"

namespace dualcam::meta {

class RecordWriter {
public:
  /// Takes a line without its end.
  using Line = std::function<void(std::string_view)>;

  virtual ~RecordWriter() = default;
  virtual void begin() {}
  /// `input`: the name of the file it comes from; empty for --hex. False: it has no place on the
  /// map that this format is.
  virtual bool record(const Record& record, const std::string& input) = 0;
  virtual void end() {}
};

/// `several`: of text, say which input a record is from.
std::unique_ptr<RecordWriter> make_record_writer(RecordFormat format, bool several,
                                                 RecordWriter::Line line);

/// For `geo:` and GPX, in which numbers have no exponent: a nanometre from 0 is 0.
std::string map_degrees(double degrees);

// --- one for each format ---

/// Labels in a column, a blank line between records.
class TextWriter : public RecordWriter {
public:
  TextWriter(bool several, Line line) : several_(several), line_(std::move(line)) {}
  bool record(const Record& record, const std::string& input) override;

private:
  bool several_;
  bool first_ = true;
  Line line_;
};

/// JSON Lines of json.hpp's schema, `input` added.
class JsonWriter : public RecordWriter {
public:
  explicit JsonWriter(Line line) : line_(std::move(line)) {}
  bool record(const Record& record, const std::string& input) override;

private:
  Line line_;
};

/// RFC 4180: a header, lines that end in CR LF, fields quoted where needed. The columns are keys of
/// the JSON, always all of them, lists joined by semicolons.
class CsvWriter : public RecordWriter {
public:
  explicit CsvWriter(Line line) : line_(std::move(line)) {}
  void begin() override;
  bool record(const Record& record, const std::string& input) override;

private:
  Line line_;
};

/// RFC 7946: one FeatureCollection, a line a Feature, the JSON's keys as properties.
class GeoJsonWriter : public RecordWriter {
public:
  explicit GeoJsonWriter(Line line) : line_(std::move(line)) {}
  void begin() override;
  bool record(const Record& record, const std::string& input) override;
  void end() override;

private:
  Line line_;
  std::string pending_; ///< a Feature whose comma is not decided yet
};

/// GPX 1.1: one document, a waypoint a record.
class GpxWriter : public RecordWriter {
public:
  explicit GpxWriter(Line line) : line_(std::move(line)) {}
  void begin() override;
  bool record(const Record& record, const std::string& input) override;
  void end() override;

private:
  Line line_;
};

/// "front video", "snapshot", "INIT", ...
std::string title_of(const Record& record);

/// Text for XML: markup escaped, nothing that XML 1.0 cannot hold.
std::string xml_escaped(std::string_view text);

} // namespace dualcam::meta
