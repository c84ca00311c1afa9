// The four files a DualCam offers: front and rear, photo and video.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "dualcam/wire/bytes.hpp"

namespace dualcam {

/// The values are the bits of INIT's first settings byte and of the metadata's file type
/// [protocol.md: Settings flags of INIT].
enum class FileKind : std::uint8_t {
  front_photo = 0x04,
  rear_photo = 0x08,
  front_video = 0x10,
  rear_video = 0x20,
};

/// Every kind, in the order in which they are fetched: the small ones first.
inline constexpr std::array all_file_kinds{FileKind::front_photo, FileKind::rear_photo,
                                           FileKind::front_video, FileKind::rear_video};

/// `photof`, `photor`, `videof` or `videor`: the identifier without its `%`.
std::string_view name_of(FileKind kind);

/// "front photo" and so on.
std::string_view description_of(FileKind kind);

/// `.jpg` or `.h265`, as the vendor's server names them.
std::string_view extension_of(FileKind kind);

bool is_photo(FileKind kind);

/// From `photof` and so on.
std::optional<FileKind> file_kind_named(std::string_view name);

/// From one bit of the settings or of the metadata's file type.
std::optional<FileKind> file_kind_of_bit(std::uint8_t bit);

/// `%photof` and so on, the 7 ASCII bytes of FILE REQUEST and METADATA REQUEST; static storage.
std::string_view identifier_of(FileKind kind);
std::optional<FileKind> file_kind_identified(Bytes identifier);

/// A set of kinds.
class FileKinds {
public:
  constexpr FileKinds() = default;
  /// From the first settings byte of INIT; bits that mean no kind are dropped.
  constexpr explicit FileKinds(std::uint8_t bits) : bits_(bits & 0x3C) {}
  static constexpr FileKinds all() { return FileKinds(0x3C); }

  constexpr bool contains(FileKind kind) const { return (bits_ & bit(kind)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr void insert(FileKind kind) { bits_ |= bit(kind); }
  constexpr void erase(FileKind kind) { bits_ &= static_cast<std::uint8_t>(~bit(kind)); }
  constexpr std::uint8_t bits() const { return bits_; }

  constexpr FileKinds operator&(FileKinds other) const { return FileKinds(bits_ & other.bits_); }
  constexpr FileKinds operator|(FileKinds other) const { return FileKinds(bits_ | other.bits_); }
  constexpr FileKinds operator-(FileKinds other) const {
    return FileKinds(static_cast<std::uint8_t>(bits_ & ~other.bits_));
  }
  friend constexpr bool operator==(FileKinds, FileKinds) = default;

  /// The first in the order of `all_file_kinds`.
  std::optional<FileKind> first() const;

private:
  static constexpr std::uint8_t bit(FileKind kind) { return static_cast<std::uint8_t>(kind); }

  std::uint8_t bits_ = 0;
};

} // namespace dualcam
