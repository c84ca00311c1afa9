/// \file
/// Integers in a given byte order, read from and written to spans that cannot overrun.
///
/// Views are valid as long as the bytes they were made from. The functions may be called from any
/// thread, a ByteReader is used by one at a time.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace dualcam {

/// Bytes of somebody else: a view.
using Bytes = std::span<const std::byte>;
/// Bytes of one's own.
using ByteBuffer = std::vector<std::byte>;

/// The bytes of a string, valid as long as the string.
inline Bytes as_bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

/// The same bytes as characters, valid as long as `bytes`.
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The first `sizeof(T)` bytes as an integer. Precondition: `bytes.size() >= sizeof(T)`.
template <std::unsigned_integral T, std::endian order> T load(Bytes bytes) {
  T value;
  std::memcpy(&value, bytes.first<sizeof(T)>().data(), sizeof(T));
  return order == std::endian::native ? value : std::byteswap(value);
}

/// As `load`, most significant byte first.
template <std::unsigned_integral T> T load_be(Bytes bytes) {
  return load<T, std::endian::big>(bytes);
}

/// As `load`, least significant byte first.
template <std::unsigned_integral T> T load_le(Bytes bytes) {
  return load<T, std::endian::little>(bytes);
}

/// Writes `value` over the first `sizeof(T)` bytes, most significant byte first. Precondition:
/// `out.size() >= sizeof(T)`.
template <std::unsigned_integral T> void store_be(std::span<std::byte> out, T value) {
  if constexpr (std::endian::native != std::endian::big) {
    value = std::byteswap(value);
  }
  std::memcpy(out.first(sizeof(T)).data(), &value, sizeof(T));
}

/// Takes integers and spans off the front of its input. A read that does not fit takes nothing and
/// returns nullopt, so that a decoder can say which field is missing, and at which offset.
class ByteReader {
public:
  /// `bytes` must outlive the reader and what it returns.
  explicit ByteReader(Bytes bytes) : bytes_(bytes) {}

  /// The next integer, most significant byte first.
  template <std::unsigned_integral T> std::optional<T> be() { return take<T, std::endian::big>(); }
  /// The next integer, least significant byte first.
  template <std::unsigned_integral T> std::optional<T> le() {
    return take<T, std::endian::little>();
  }

  /// The next `count` bytes, a view into the input.
  std::optional<Bytes> bytes(std::size_t count) {
    if (remaining() < count) {
      return std::nullopt;
    }
    offset_ += count;
    return bytes_.subspan(offset_ - count, count);
  }

  /// Everything not yet taken, and takes it.
  Bytes rest() { return *bytes(remaining()); }

  /// How many bytes were taken.
  std::size_t offset() const { return offset_; }
  /// How many bytes are left.
  std::size_t remaining() const { return bytes_.size() - offset_; }

private:
  template <std::unsigned_integral T, std::endian order> std::optional<T> take() {
    const auto field = bytes(sizeof(T));
    return field ? std::optional(load<T, order>(*field)) : std::nullopt;
  }

  Bytes bytes_;
  std::size_t offset_ = 0;
};

/// Appends `bytes`, which may not lie in `out`.
inline void append(ByteBuffer& out, Bytes bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

/// Appends the `sizeof(T)` bytes of `value`.
template <std::endian order, std::unsigned_integral T>
void append_integer(ByteBuffer& out, T value) {
  if constexpr (order != std::endian::native) {
    value = std::byteswap(value);
  }
  append(out, std::as_bytes(std::span(&value, 1)));
}

/// Appends `value`, most significant byte first.
template <std::unsigned_integral T> void append_be(ByteBuffer& out, T value) {
  append_integer<std::endian::big>(out, value);
}

/// Appends `value`, least significant byte first.
template <std::unsigned_integral T> void append_le(ByteBuffer& out, T value) {
  append_integer<std::endian::little>(out, value);
}

} // namespace dualcam
