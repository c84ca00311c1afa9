#include "common/other_encoding.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "common/hex_digits.hpp"
#include "common/text_conversion.hpp"
#include "common/text_lines.hpp"

namespace dualcam::inline tools {
namespace {

constexpr std::size_t shortest_line = 16; ///< characters of a line that tells by its alphabet

bool has_only(std::string_view line, std::string_view alphabet) {
  return line.find_first_not_of(alphabet) == std::string_view::npos;
}

/// `:`, its count of bytes, an address, a type, bytes, a checksum.
bool is_intel_hex(std::string_view line) {
  if (!line.starts_with(':') || line.size() < 11 || !is_all_hex(line.substr(1))) {
    return false;
  }
  const auto bytes = hex_value(line[1]) << 4 | hex_value(line[2]);
  return line.size() == 11 + 2 * bytes;
}

/// `S`, a type, the count of what follows.
bool is_s_record(std::string_view line) {
  if (!line.starts_with('S') || line.size() < 10 || !is_decimal_digit(line[1]) ||
      !is_all_hex(line.substr(2))) {
    return false;
  }
  const auto bytes = hex_value(line[2]) << 4 | hex_value(line[3]);
  return line.size() == 4 + 2 * bytes;
}

bool is_tekhex(std::string_view line) {
  if (!line.starts_with('%') || line.size() < 8 || !is_all_hex(line.substr(1, 5))) {
    return false;
  }
  return line.size() == 1 + (hex_value(line[1]) << 4 | hex_value(line[2]));
}

bool is_uuencoded(std::string_view line) {
  return line.starts_with("begin ") && line.size() > 10 && line[9] == ' ' &&
         has_only(line.substr(6, 3), "01234567");
}

/// `=00=0B`: nobody else writes so many.
bool is_quoted_printable(std::string_view line) {
  constexpr std::size_t longest_quoted = 78;
  if (line.size() > longest_quoted) {
    return false;
  }
  std::size_t count = 0;
  for (auto at = line.find('='); at != std::string_view::npos; at = line.find('=', at + 1)) {
    count += at + 2 < line.size() && is_all_hex(line.substr(at + 1, 2));
  }
  return count >= 8;
}

/// `^@^@^@^E^@^A>M-a`: what `M-` is cannot be told from a text that has it.
bool has_carets(std::string_view line) {
  constexpr std::size_t least = 4;
  std::size_t count = 0;
  for (auto at = line.find("^@"); at != std::string_view::npos; at = line.find("^@", at + 2)) {
    ++count;
  }
  return count >= least;
}

/// `<NUL>A<EOT>`, as Docklight shows it.
bool has_named_controls(std::string_view line) {
  constexpr std::size_t least = 4;
  std::size_t count = 0;
  for (const std::string_view name : {"<NUL>", "<SOH>", "<ETX>", "<EOT>", "<ENQ>"}) {
    for (auto at = line.find(name); at != std::string_view::npos; at = line.find(name, at + 1)) {
      ++count;
    }
  }
  return count >= least;
}

/// `[B@1b6d3586`, `System.Byte[]`: what is printed of an array without being asked for its bytes.
bool is_name_of_array(std::string_view line) {
  return std::ranges::any_of(
      std::array{"[B@", "System.Byte[]", "[object ArrayBuffer]", "[object Uint8Array]"},
      [&](std::string_view name) { return line.contains(name); });
}

/// `.data:0804A000 db 0Eh, 5 ; comment`
bool is_listing(std::string_view line) {
  const auto words = words_of(line);
  const auto colon = words.empty() ? std::string_view::npos : words[0].find(':');
  return colon != std::string_view::npos && words[0].size() >= colon + 9 &&
         is_all_hex(words[0].substr(colon + 1)) &&
         std::ranges::find(words, std::string_view("db")) != words.end();
}

/// Eight to a word, in lines of nothing else or behind a time and so on, or without blanks; not
/// `00 00 01` behind an offset.
bool is_bits(std::string_view line) {
  constexpr std::ptrdiff_t clear = 4;
  const auto is_byte = [](std::string_view token) {
    return token.size() == 8 && has_only(token, "01");
  };
  if (std::ranges::count_if(words_of(line), is_byte) >= clear) {
    return true;
  }
  const auto word = std::min(line.find(' '), line.size());
  return line.size() >= shortest_line && (word == 8 || word == line.size()) && line.contains('1') &&
         has_only(line, "01 ");
}

std::string_view told_by(std::string_view line) {
  constexpr std::string_view base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567=";
  constexpr std::string_view base32_hex = "0123456789ABCDEFGHIJKLMNOPQRSTUV=";
  if (is_intel_hex(line)) {
    return "Intel HEX: 'objcopy -I ihex -O binary IN OUT' makes a binary file of it";
  }
  if (is_s_record(line)) {
    return "S-records: 'objcopy -I srec -O binary IN OUT' makes a binary file of them";
  }
  if (is_tekhex(line)) {
    return "Tektronix hex: 'objcopy -I tekhex -O binary IN OUT' makes a binary file of it";
  }
  if (is_uuencoded(line)) {
    return "uuencoded: 'uudecode -o OUT' makes a binary file of it";
  }
  if (line.starts_with("=ybegin ")) {
    return "yEnc: decode it, and give the binary file";
  }
  if (line.starts_with("<~")) {
    return "Ascii85: \"python3 -c 'import base64, sys; sys.stdout.buffer.write("
           "base64.a85decode(sys.stdin.buffer.read().strip(), adobe=True))'\" makes a binary "
           "file of it";
  }
  if (has_carets(line)) {
    return "control characters as 'cat -v' shows them, which other bytes may look like, too: print "
           "it with 'xxd'";
  }
  if (has_named_controls(line)) {
    return "control characters by their names, as Docklight's ASCII display has them, and other "
           "bytes as letters: have it log hex";
  }
  if (is_name_of_array(line)) {
    return "the name of an array, not its bytes: have the program log these as hex";
  }
  if (line.contains(replacement_character)) {
    return lost_to_text;
  }
  if (is_listing(line)) {
    return "a listing of a disassembler: have it export the data as hex or as a binary file";
  }
  if (is_bits(line)) {
    return "bits: print it with 'xxd', without -b";
  }
  if (line.size() >= shortest_line && !is_all_hex(line) && line[0] != '=' &&
      has_only(line, base32)) {
    return "base32: 'base32 -d' makes a binary file of it";
  }
  if (line.size() >= shortest_line && !is_all_hex(line) && line[0] != '=' &&
      has_only(line, base32_hex)) {
    return "base32 by another alphabet: 'basenc -d --base32hex' makes a binary file of it";
  }
  return {};
}

} // namespace

std::optional<HexProblem> other_encoding(std::string_view text) {
  constexpr std::uint64_t most_lines = 64; // a letter's head may stand before it
  for (std::uint64_t number = 1; number <= most_lines && !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    line = line.substr(0, line.find_last_not_of(" \r") + 1);
    if (const auto told = told_by(line); !told.empty()) {
      return HexProblem{number, std::string(told)};
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::nullopt;
}

std::optional<HexProblem> known_print(std::string_view text) {
  constexpr std::uint64_t most_lines = 64;
  const bool has_hex = text.contains("0x0000:");
  for (std::uint64_t number = 1; number <= most_lines && !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    if (is_quoted_printable(line)) {
      return HexProblem{number,
                        "quoted-printable: 'python3 -m quopri -d' makes a binary file of it"};
    }
    if (line.starts_with("<pdml ") ||
        (line.contains("<field name=\"") && line.contains(" pos=\""))) { // a piece of it
      return HexProblem{number, "PDML has the bytes more than once: 'tshark -T fields -e "
                                "tcp.payload' prints them, or give the capture"};
    }
    if (line.starts_with("Follow: ") && (line.ends_with(",ascii") || line.ends_with(",utf-8"))) {
      return HexProblem{number, "a stream as characters, in which most bytes are lost: 'tshark -z "
                                "follow,tcp,raw,N' prints them, or give the capture"};
    }
    if (!has_hex && line.contains(": Flags [") && line.contains(", length ")) {
      return HexProblem{number,
                        "packets without their bytes: 'tcpdump -x' prints them, or give the "
                        "capture"};
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::nullopt;
}

} // namespace dualcam::inline tools
