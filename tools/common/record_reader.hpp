// Bytes and JSON -> records, told apart by content, without I/O.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "common/record.hpp"
#include "dualcam/capture/dump.hpp"

namespace dualcam::inline tools {

/// What is said when nothing else fits.
inline constexpr std::string_view expected_inputs =
    "a metadata payload (version 1 to 4, ADAS or DSM), a METADATA or INIT message, JSON of "
    "dcam-serve or of a camera, or captured traffic was expected";

/// A METADATA payload: the JSON of protocol >= 6, else of `camera`, else of the family its bytes
/// speak for. Errors: as decode_metadata's, unsupported if they speak for none.
Result<Record> read_payload(Bytes payload, std::optional<Camera> camera);

/// A payload, a whole METADATA message or an INIT, and nothing else; also cut short, which is an
/// error then. nullopt: it is something else.
std::optional<Result<Record>> read_single(Bytes bytes, std::optional<Camera> camera);

/// Whether bytes are a payload, a METADATA message or an INIT for certain: of a known layout to the
/// last byte, with a time and a place that can be.
bool is_certain_single(Bytes bytes, std::optional<Camera> camera);

/// A sidecar or other record of json.hpp's schema (its `raw` is decoded anew), an event of
/// dcam-serve with one in it (nullopt if it has none), or a camera's own JSON metadata.
std::optional<Result<Record>> read_document(const Json& document, std::string_view text,
                                            std::optional<Camera> camera);

/// One device's side of a dump -> its metadata messages; INITs only tell whose they are, unless
/// there is no metadata at all.
class RecordCollector {
public:
  using Take = std::function<void(Record)>;
  using Complain = std::function<void(const Error&)>;

  /// Errors of single messages go to `complain`, with offsets in the dump.
  RecordCollector(std::optional<Camera> camera, Take take, Complain complain)
      : camera_(camera), take_(std::move(take)), complain_(std::move(complain)) {}

  void event(const DumpEvent& event);
  /// The device's side ends. Its INITs come out if no metadata was in it.
  void finish();

private:
  void metadata(const DumpMetadata& message);

  std::optional<Camera> camera_;
  Take take_;
  Complain complain_;
  std::optional<Camera> camera_of_path_;
  std::vector<Init> inits_; ///< different ones
  std::optional<std::uint64_t> imei_;
  bool has_metadata_ = false;
};

/// All of a dump that is in memory.
void read_dump_bytes(Bytes bytes, RecordCollector& collector);

} // namespace dualcam::inline tools
