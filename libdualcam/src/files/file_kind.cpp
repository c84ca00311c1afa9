#include "dualcam/files/file_kind.hpp"

#include <algorithm>

namespace dualcam {
namespace {

struct Description {
  FileKind kind;
  std::string_view identifier;
  std::string_view description;
};

constexpr std::array descriptions{
    Description{FileKind::front_photo, "%photof", "front photo"},
    Description{FileKind::rear_photo, "%photor", "rear photo"},
    Description{FileKind::front_video, "%videof", "front video"},
    Description{FileKind::rear_video, "%videor", "rear video"},
};

const Description& describe(FileKind kind) {
  return *std::ranges::find(descriptions, kind, &Description::kind);
}

std::optional<FileKind> find_identifier(std::string_view identifier) {
  const auto* found = std::ranges::find(descriptions, identifier, &Description::identifier);
  return found == descriptions.end() ? std::nullopt : std::optional(found->kind);
}

} // namespace

std::string_view identifier_of(FileKind kind) { return describe(kind).identifier; }

std::string_view name_of(FileKind kind) { return identifier_of(kind).substr(1); }

std::string_view description_of(FileKind kind) { return describe(kind).description; }

std::string_view extension_of(FileKind kind) { return is_photo(kind) ? ".jpg" : ".h265"; }

bool is_photo(FileKind kind) {
  return kind == FileKind::front_photo || kind == FileKind::rear_photo;
}

std::optional<FileKind> file_kind_named(std::string_view name) {
  const auto* found = std::ranges::find_if(
      descriptions, [&](const Description& entry) { return entry.identifier.substr(1) == name; });
  return found == descriptions.end() ? std::nullopt : std::optional(found->kind);
}

std::optional<FileKind> file_kind_of_bit(std::uint8_t bit) {
  const auto* found = std::ranges::find(all_file_kinds, static_cast<FileKind>(bit));
  return found == all_file_kinds.end() ? std::nullopt : std::optional(*found);
}

std::optional<FileKind> file_kind_identified(Bytes identifier) {
  return find_identifier(as_text(identifier));
}

std::optional<FileKind> FileKinds::first() const {
  for (const auto kind : all_file_kinds) {
    if (contains(kind)) {
      return kind;
    }
  }
  return std::nullopt;
}

} // namespace dualcam
