// Rows for the table of figures that tests/run.sh prints, and how often to try for one.
#pragma once

#include <concepts>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

#if defined(__SANITIZE_ADDRESS__)
#define DUALCAM_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DUALCAM_ASAN 1
#endif
#endif

namespace dualcam {

constexpr bool is_sanitized() {
#ifdef DUALCAM_ASAN
  return true;
#else
  return false;
#endif
}

/// `whole` if DUALCAM_FULL is 1 (tests/run.sh --full), else `short_count`.
inline std::uint32_t full(std::uint32_t short_count, std::uint32_t whole) {
  const char* value = std::getenv("DUALCAM_FULL");
  return value != nullptr && std::string_view(value) == "1" ? whole : short_count;
}

/// The sanitizers' build is several times slower: it tries an eighth of `count`, which the other
/// one tries for tests/run.sh --full.
template <std::integral Count> constexpr Count tries(Count count) {
  return is_sanitized() ? (count + 7) / 8 : count;
}

/// Of a row of places that are tried one by one: the sanitizers' build takes one in so many.
constexpr std::uint32_t one_in(std::uint32_t count) { return is_sanitized() ? count : 1; }

/// Appends a row to the file that DUALCAM_FIGURES names, if any. `how` says what was done, with its
/// seed.
inline void figure(std::string_view name, std::string_view how, std::uint64_t count,
                   std::string_view result, std::string_view target) {
  const char* path = std::getenv("DUALCAM_FIGURES");
  if (path == nullptr || *path == '\0') {
    return;
  }
  const auto number = std::to_string(count);
  std::string row;
  for (const auto field : {name, how, std::string_view(number), result, target}) {
    row += field;
    row += '\t';
  }
  row.back() = '\n';
  std::ofstream file(path, std::ios::app); // tests run side by side: one write a row
  if (!file.write(row.data(), static_cast<std::streamsize>(row.size())).flush()) {
    throw std::runtime_error("cannot write to " + std::string(path));
  }
}

} // namespace dualcam
