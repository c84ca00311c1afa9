#include "dcam-meta/tiff.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace dualcam::meta {
namespace {

constexpr std::uint16_t photo_pointer = 0x8769;
constexpr std::uint16_t gps_pointer = 0x8825;

constexpr std::uint16_t type_long = 4;
constexpr std::uint16_t type_directory = 13;

constexpr std::uint16_t magic = 42;
constexpr std::size_t header_size = 8;
constexpr std::size_t first_directory_at = 4;
constexpr std::size_t entry_size = 12;

struct Entry {
  std::uint16_t tag;
  std::uint16_t type;
  std::uint32_t count;
  std::array<std::byte, 4> value; ///< or the offset of one that is longer, in the file's byte order
};

/// In the order of their tags; `next` is the offset of the directory behind it, or 0.
struct Directory {
  std::vector<Entry> entries;
  std::uint32_t next = 0;
};

class Tiff {
public:
  /// Of an empty one `main()` is empty, too.
  static Result<Tiff> read(Bytes bytes);

  Result<Directory> main() const { return directory_at(number<std::uint32_t>(first_directory_at)); }
  /// The one that `pointer` in `from` leads to; empty if there is no such pointer.
  Result<Directory> below(const Directory& from, std::uint16_t pointer) const;

  /// Puts the fields into `directory`, their values behind the bytes. Whether that changes
  /// anything.
  bool put(Directory& directory, std::span<const TiffField> fields);
  /// Writes `directory` behind the bytes, and lets `pointer` in `from` lead there.
  void put_below(Directory& from, std::uint16_t pointer, const Directory& directory);
  void put_main(const Directory& directory);

  ByteBuffer take() && { return std::move(bytes_); }

private:
  Tiff(Bytes bytes, std::endian order) : bytes_(bytes.begin(), bytes.end()), order_(order) {}

  template <std::unsigned_integral T> T number(std::size_t at) const {
    return number<T>(Bytes(bytes_).subspan(at));
  }
  template <std::unsigned_integral T> T number(Bytes bytes) const {
    return order_ == std::endian::big ? load_be<T>(bytes) : load_le<T>(bytes);
  }
  template <std::unsigned_integral T> void append_number(ByteBuffer& out, T value) const {
    order_ == std::endian::big ? append_be(out, value) : append_le(out, value);
  }

  Result<Directory> directory_at(std::uint32_t offset) const;
  bool put(Directory& directory, const TiffField& field);
  ByteBuffer encoded(const TiffField& field) const;
  bool has(const Entry& entry, Bytes value) const;
  /// `value` itself if it fits, else where it has been appended.
  std::array<std::byte, 4> placed(Bytes value);
  std::uint32_t append_directory(const Directory& directory);
  /// Where the next thing goes: offsets are even.
  std::uint32_t aligned_end();

  ByteBuffer bytes_;
  std::endian order_;
};

Result<Tiff> Tiff::read(Bytes bytes) {
  if (bytes.empty()) {
    return Tiff(as_bytes(std::string_view("II*\0\0\0\0\0", header_size)), std::endian::little);
  }
  const auto order = as_text(bytes.first(std::min(bytes.size(), std::size_t{2})));
  if (bytes.size() < header_size || (order != "II" && order != "MM")) {
    return malformed_error(0, "no TIFF header");
  }
  Tiff tiff(bytes, order == "MM" ? std::endian::big : std::endian::little);
  if (tiff.number<std::uint16_t>(order.size()) != magic) {
    return malformed_error(order.size(), "no TIFF header");
  }
  return tiff;
}

Result<Directory> Tiff::directory_at(std::uint32_t offset) const {
  Directory directory;
  if (offset == 0) {
    return directory;
  }
  constexpr std::size_t least = sizeof(std::uint16_t) + sizeof directory.next;
  if (offset < header_size || offset > bytes_.size() || bytes_.size() - offset < least) {
    return malformed_error(offset, "a directory was expected there");
  }
  const std::size_t count = number<std::uint16_t>(offset);
  if (bytes_.size() - offset - least < count * entry_size) {
    return malformed_error(offset, "a directory goes on after the end");
  }
  std::size_t at = offset + sizeof(std::uint16_t);
  for (std::size_t i = 0; i < count; ++i, at += entry_size) {
    Entry entry{number<std::uint16_t>(at),
                number<std::uint16_t>(at + 2),
                number<std::uint32_t>(at + 4),
                {}};
    std::ranges::copy(Bytes(bytes_).subspan(at + 8, entry.value.size()), entry.value.begin());
    directory.entries.push_back(entry);
  }
  directory.next = number<std::uint32_t>(at);
  std::ranges::sort(directory.entries, {}, &Entry::tag);
  return directory;
}

Result<Directory> Tiff::below(const Directory& from, std::uint16_t pointer) const {
  const auto entry = std::ranges::find(from.entries, pointer, &Entry::tag);
  if (entry == from.entries.end()) {
    return Directory{};
  }
  if ((entry->type != type_long && entry->type != type_directory) || entry->count != 1) {
    return malformed_error(0, "the place of a directory is not given by one number");
  }
  return directory_at(number<std::uint32_t>(entry->value));
}

ByteBuffer Tiff::encoded(const TiffField& field) const {
  ByteBuffer value;
  if (const auto* text = std::get_if<std::string>(&field.value)) {
    append(value, dualcam::as_bytes(*text));
    value.resize(value.size() + (field.type == TiffType::ascii ? 1 : 0));
    return value;
  }
  for (const auto& rational : std::get<std::vector<Rational>>(field.value)) {
    append_number(value, rational.numerator);
    append_number(value, rational.denominator);
  }
  return value;
}

bool Tiff::has(const Entry& entry, Bytes value) const {
  if (value.size() <= entry.value.size()) {
    return std::ranges::equal(Bytes(entry.value).first(value.size()), value);
  }
  const auto at = number<std::uint32_t>(entry.value);
  return at <= bytes_.size() && value.size() <= bytes_.size() - at &&
         std::ranges::equal(Bytes(bytes_).subspan(at, value.size()), value);
}

bool Tiff::put(Directory& directory, const TiffField& field) {
  const auto value = encoded(field);
  const auto size = field.type == TiffType::rational ? sizeof(Rational) : 1;
  Entry entry{field.tag,
              static_cast<std::uint16_t>(field.type),
              static_cast<std::uint32_t>(value.size() / size),
              {}};
  auto& entries = directory.entries;
  const auto same = std::ranges::equal_range(entries, field.tag, {}, &Entry::tag);
  if (same.size() == 1 && same.front().type == entry.type && same.front().count == entry.count &&
      has(same.front(), value)) {
    return false;
  }
  entry.value = placed(value);
  entries.insert(entries.erase(same.begin(), same.end()), entry);
  return true;
}

bool Tiff::put(Directory& directory, std::span<const TiffField> fields) {
  bool changed = false;
  for (const auto& field : fields) {
    changed = put(directory, field) || changed;
  }
  return changed;
}

void Tiff::put_below(Directory& from, std::uint16_t pointer, const Directory& directory) {
  ByteBuffer offset;
  append_number(offset, append_directory(directory));
  Entry entry{pointer, type_long, 1, {}};
  std::ranges::copy(offset, entry.value.begin());
  const auto same = std::ranges::equal_range(from.entries, pointer, {}, &Entry::tag);
  from.entries.insert(from.entries.erase(same.begin(), same.end()), entry);
}

void Tiff::put_main(const Directory& directory) {
  ByteBuffer offset;
  append_number(offset, append_directory(directory));
  std::ranges::copy(offset, bytes_.begin() + first_directory_at);
}

std::array<std::byte, 4> Tiff::placed(Bytes value) {
  std::array<std::byte, 4> inside{};
  if (value.size() > inside.size()) {
    ByteBuffer offset;
    append_number(offset, aligned_end());
    append(bytes_, value);
    std::ranges::copy(offset, inside.begin());
  } else {
    std::ranges::copy(value, inside.begin());
  }
  return inside;
}

std::uint32_t Tiff::append_directory(const Directory& directory) {
  const auto offset = aligned_end();
  append_number(bytes_, static_cast<std::uint16_t>(directory.entries.size()));
  for (const auto& entry : directory.entries) {
    append_number(bytes_, entry.tag);
    append_number(bytes_, entry.type);
    append_number(bytes_, entry.count);
    append(bytes_, entry.value);
  }
  append_number(bytes_, directory.next);
  return offset;
}

std::uint32_t Tiff::aligned_end() {
  bytes_.resize(bytes_.size() + bytes_.size() % 2);
  return static_cast<std::uint32_t>(bytes_.size());
}

} // namespace

Result<ByteBuffer> with_fields(Bytes bytes, const ExifFields& fields) {
  auto tiff = Tiff::read(bytes);
  if (!tiff) {
    return std::unexpected(tiff.error());
  }
  auto main = tiff->main();
  if (!main) {
    return std::unexpected(main.error());
  }
  bool changed = false;
  for (const auto& [pointer, wanted] :
       {std::pair(photo_pointer, &fields.photo), std::pair(gps_pointer, &fields.gps)}) {
    auto directory = tiff->below(*main, pointer);
    if (!directory) {
      return std::unexpected(directory.error());
    }
    if (tiff->put(*directory, *wanted)) {
      tiff->put_below(*main, pointer, *directory);
      changed = true;
    }
  }
  if (changed) {
    tiff->put_main(*main);
  }
  return std::move(*tiff).take();
}

} // namespace dualcam::meta
