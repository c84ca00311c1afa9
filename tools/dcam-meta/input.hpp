// A file of any of the forms dcam-meta takes -> its records.
#pragma once

#include <functional>
#include <span>

#include "common/input_file.hpp"
#include "common/record_reader.hpp"

namespace dualcam::meta {

class RecordInput {
public:
  /// An error, and where: "byte 12", "line 3".
  struct Complaint {
    ErrorCategory category;
    std::string place;
    std::string message;
  };
  using Take = std::function<void(Record)>;
  using Complain = std::function<void(const Complaint&)>;

  /// Records go to `take`, what is wrong to `complain`: one undecodable message of a dump does not
  /// end the reading. `camera`: nullopt = told by the bytes.
  RecordInput(std::optional<Camera> camera, Take take, Complain complain);

  /// Binary or hex text, JSON or JSON Lines, or a dump, told apart by content.
  void read(InputFile& file);
  /// Bytes of any of the binary forms.
  void read(Bytes bytes);

  /// Of a text: those that hold something, but no hex, and are no sign that something is wrong.
  std::uint64_t lines_passed_over() const { return passed_over_; }

private:
  void take(Result<Record> record);
  void fail(const Error& error);
  void fail_line(std::uint64_t line, const std::string& what);
  void nothing_found(std::uint64_t bytes);
  void read_json_lines(InputFile& file);
  void json_line(std::string_view line, std::uint64_t offset);
  bool read_whole_document(std::string_view text, InputFile& file);
  struct Line {
    bool has_hex;
    bool certain; ///< a record that cannot be other bytes
    ByteBuffer bytes;
    Result<Record> record;
    bool is_prompt = false; ///< a shell's, maybe
  };
  bool read_hex_text(std::string_view text);
  std::size_t certain_bytes(std::span<const ByteBuffer> blocks) const;
  std::size_t bytes_of_record(std::span<const ByteBuffer> blocks) const;
  Line read_hex_line(std::string_view text, bool prefixed) const;
  bool read_hex_lines(std::string_view text);
  void read_capture(InputFile& file);

  std::optional<Camera> camera_;
  Take take_;
  Complain complain_;
  bool said_something_ = false; ///< a record or a complaint
  std::uint64_t passed_over_ = 0;
};

} // namespace dualcam::meta
