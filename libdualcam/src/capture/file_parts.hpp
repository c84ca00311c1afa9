// The parts of one file: what came of it in each connection, in order of time.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "capture/packet_index.hpp"
#include "capture/settle_numbers.hpp"
#include "dualcam/capture/captured_transfer.hpp"

namespace dualcam {

/// Made of one part; `add` makes it the file of more.
class FileParts {
public:
  /// `began`: which of two parts was first.
  FileParts(std::uint64_t began, CapturedTransfer part);

  std::uint64_t began() const { return parts_.front().began; }
  std::optional<std::uint64_t> imei() const { return imei_; }
  /// How many entries its parts have.
  std::uint64_t entries() const { return entries_; }
  /// How many of its parts are kept apart. Those in which nothing came are not.
  std::size_t parts() const { return parts_.size(); }

  /// How sure it is that `other` has parts of the same file.
  enum class Kinship : std::uint8_t {
    none,      ///< something contradicts it, or nothing speaks for it
    goes_on,   ///< the later one goes on behind the file's beginning, as on resumption
    described, ///< they have the same metadata
    proved,    ///< packets of both are equal
  };
  Kinship kinship(const FileParts& other) const;

  void add(FileParts&& other);

  /// The whole file, of which nothing is settled again if it has one part. Leaves nothing here.
  CapturedTransfer joined();

private:
  struct Part {
    std::uint64_t began;
    CapturedTransfer transfer;
  };

  const CapturedTransfer& first() const { return parts_.front().transfer; }
  bool may_be_same(const FileParts& other) const;
  bool shares_content_with(const FileParts& other) const;
  const std::vector<std::uint64_t>& contents() const;
  void add_empty(CapturedTransfer part, std::uint64_t began);

  std::list<Part> parts_; ///< in order of time; they stay where they are
  PacketIndex index_;
  std::uint64_t entries_;
  bool has_unknown_places_;
  unsigned connections_ = 1;  ///< a file has several parts in one, where a device sends STATUS
  std::uint64_t last_stream_; ///< the number of its latest part's
  mutable std::vector<std::uint64_t> contents_; ///< see `contents`
  // What all parts say together.
  std::optional<std::uint64_t> imei_;
  std::optional<FileRef> file_;
  std::optional<std::uint32_t> start_;
  ByteBuffer metadata_;
};

/// For how many entries METADATA or a PATH counts: the part and the file it is of have it.
std::uint64_t entries_of(const ByteBuffer& metadata);
std::uint64_t entries_of(const std::optional<FileRef>& file);
/// Of all that is kept of it.
std::uint64_t entries_of(const CapturedTransfer& transfer);

/// What its packets together say of each: their numbers, places, and which came again. `parts`: of
/// which it was put together.
void settle(CapturedTransfer& transfer, std::span<const PartBegin> parts);
/// The same, of what came in one connection.
void settle(CapturedTransfer& transfer);

} // namespace dualcam
