// What checkpoints, claims and records have in common: text, one field a line or a word.
#pragma once

#include <charconv>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "dualcam/storage/checkpoint.hpp"

namespace dualcam {

/// A number that nobody else has, wherever and whenever it was found; `path`: what it is for.
Result<std::uint64_t> random_id(const std::filesystem::path& path);

std::string hex16(std::uint16_t value);
std::string hex64(std::uint64_t value);

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

/// Words of a line, one after the other; once one is not what it should be, the line is no good.
class Words {
public:
  explicit Words(std::string_view line) : rest_(line) {}

  template <class T> T number(int base = 10) {
    const auto value = dualcam::number<T>(take_word(rest_), base);
    good_ = good_ && value;
    return value.value_or(T{});
  }
  std::string_view text() { return take_word(rest_); }
  bool next_is(std::string_view word) const {
    return rest_.starts_with(word) && rest_.substr(word.size()).starts_with(' ');
  }
  void spoil() { good_ = false; }
  /// Whether all were right and nothing is left.
  bool ended() const { return good_ && rest_.empty(); }

private:
  std::string_view rest_;
  bool good_ = true;
};

/// `line`, with its CRC-64 behind it, which goes on from `before`. No line end.
std::string checked(const std::string& line, std::uint64_t before = 0);
/// What `checked` made, without the check; nullopt if it is anything else.
std::optional<std::string_view> unchecked(std::string_view line, std::uint64_t before = 0);

/// Hex, or - for nothing.
std::string metadata_text(Bytes metadata);
std::optional<ByteBuffer> metadata_of_text(std::string_view text);

/// Printable ASCII without blanks, as FileRef::text of a path.
std::string path_text(const std::filesystem::path& path);
/// nullopt: no path, or one that leads elsewhere than below where it starts.
std::optional<std::filesystem::path> path_of_text(std::string_view text);

/// How a file by path is counted, if not in bytes: the value of `counted`, a record's last word.
inline constexpr std::string_view counted_packets = "packets";

/// The lines `imei`, `file`, `packets`, `received`, `metadata`, and maybe `counted`.
std::string identity_lines(const FileIdentity& identity);
/// Takes them off the front. `file` is `kind` in version 1.
std::optional<FileIdentity> take_identity(std::string_view& text, std::string_view file = "file");

/// `dualcam checkpoint 1`: nullopt if it is none.
std::optional<Checkpoint> decode_checkpoint_1(std::string_view text);

/// Whether the device counts the file in packets; otherwise one may begin at any byte.
bool counts_packets(const FileIdentity& identity);

/// Whether these are whole packets of one size, of which only the file's last may be shorter.
bool is_uniform(const HeldData& held, const FileIdentity& identity);

} // namespace dualcam
