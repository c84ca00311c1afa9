// What checkpoints and file records have in common: text, one field a line.
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "dualcam/storage/checkpoint.hpp"

namespace dualcam {

std::string hex16(std::uint16_t value);

/// The whole text as a number, or nothing.
template <class T> std::optional<T> number(std::string_view text, int base = 10) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && !text.empty() ? std::optional(value) : std::nullopt;
}

/// Takes `NAME VALUE\n` off the front: the value.
std::optional<std::string_view> take_field(std::string_view& text, std::string_view name);

/// Takes the characters up to the next blank, and that, off the front; all of them if there is
/// none.
std::string_view take_word(std::string_view& text);

/// The lines `imei`, `kind`, `packets`, `received`, `metadata`.
std::string identity_lines(const FileIdentity& identity);
/// Takes them off the front.
std::optional<FileIdentity> take_identity(std::string_view& text);

/// Whether these are whole packets of one size, of which only the file's last may be shorter.
bool is_plausible(const HeldData& held, std::uint32_t packets_of_file);

} // namespace dualcam
