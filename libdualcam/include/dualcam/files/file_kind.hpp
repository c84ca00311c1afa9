/// \file
/// The four files a DualCam offers: front and rear, photo and video.
///
/// The functions may be called from any thread. All text is static: it is valid for ever.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "dualcam/wire/bytes.hpp"
#include "dualcam/wire/message.hpp"

namespace dualcam {

/// The values are the bits of INIT's first settings byte and of the metadata's file type
/// (dualcam-protocol(7), Settings of INIT).
enum class FileKind : std::uint8_t {
  front_photo = 0x04, ///< photof
  rear_photo = 0x08,  ///< photor
  front_video = 0x10, ///< videof
  rear_video = 0x20,  ///< videor
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

/// True for a photo, false for a video.
bool is_photo(FileKind kind);

/// From `photof` and so on; nullopt: anything else.
std::optional<FileKind> file_kind_named(std::string_view name);

/// From one bit of the settings or of the metadata's file type; nullopt: none, several or another.
std::optional<FileKind> file_kind_of_bit(std::uint8_t bit);

/// `%photof` and so on, the 7 ASCII bytes of FILE REQUEST and METADATA REQUEST.
std::string_view identifier_of(FileKind kind);
/// From these 7 bytes; nullopt: anything else.
std::optional<FileKind> file_kind_identified(Bytes identifier);

/// A set of kinds; a value of one byte.
class FileKinds {
public:
  /// None.
  constexpr FileKinds() = default;
  /// From the first settings byte of INIT; bits that mean no kind are dropped.
  constexpr explicit FileKinds(std::uint8_t bits) : bits_(bits & 0x3C) {}
  /// All four.
  static constexpr FileKinds all() { return FileKinds(0x3C); }

  /// Whether `kind` is in the set.
  constexpr bool contains(FileKind kind) const { return (bits_ & bit(kind)) != 0; }
  /// Whether nothing is.
  constexpr bool empty() const { return bits_ == 0; }
  /// Adds `kind` if it is not there.
  constexpr void insert(FileKind kind) { bits_ |= bit(kind); }
  /// Removes `kind` if it is there.
  constexpr void erase(FileKind kind) { bits_ &= static_cast<std::uint8_t>(~bit(kind)); }
  /// As in the first settings byte of INIT, other bits 0.
  constexpr std::uint8_t bits() const { return bits_; }

  /// Those in both.
  constexpr FileKinds operator&(FileKinds other) const { return FileKinds(bits_ & other.bits_); }
  /// Those in either.
  constexpr FileKinds operator|(FileKinds other) const { return FileKinds(bits_ | other.bits_); }
  /// Those in this set only.
  constexpr FileKinds operator-(FileKinds other) const {
    return FileKinds(static_cast<std::uint8_t>(bits_ & ~other.bits_));
  }
  friend constexpr bool operator==(FileKinds, FileKinds) = default;

  /// The first in the order of `all_file_kinds`; nullopt: empty.
  std::optional<FileKind> first() const;

private:
  static constexpr std::uint8_t bit(FileKind kind) { return static_cast<std::uint8_t>(kind); }

  std::uint8_t bits_ = 0;
};

/// The files of a DualCam that INIT offers.
constexpr FileKinds kinds_offered(const Init& init) {
  return FileKinds(static_cast<std::uint8_t>(init.settings >> 24));
}

} // namespace dualcam
