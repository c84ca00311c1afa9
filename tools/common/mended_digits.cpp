#include "common/mended_digits.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "common/hex_digits.hpp"
#include "common/spoilt_hex.hpp"

namespace dualcam::inline tools {
namespace {

constexpr std::size_t least_row = 24; ///< digits
constexpr std::size_t least_half = 8;
constexpr std::size_t least_in_groups = 16; ///< of groups
constexpr std::size_t digits_for_each = 64; ///< of those of a row that are damaged, but the first
constexpr std::size_t intact = 16;          ///< groups for each damaged one, but for the first

struct Group {
  std::size_t at;
  std::size_t size;
  std::string_view text;
  std::size_t characters = 0; ///< of UTF-8
  std::size_t others = 0;     ///< of these: no hex digits
};

std::vector<Group> groups_of(std::string_view line) {
  constexpr std::string_view between = " \t\r,;:-_'\"=[](){}<>|";
  std::vector<Group> groups;
  for (auto at = line.find_first_not_of(between); at != std::string_view::npos;
       at = line.find_first_not_of(between, at)) {
    const auto end = std::min(line.find_first_of(between, at), line.size());
    const auto digits = unmarked_digits(line.substr(at, end - at));
    Group group{end - digits.size(), digits.size(), digits};
    for (const char c : group.text) {
      const bool begins = (c & 0xC0) != 0x80;
      group.characters += begins ? 1 : 0;
      group.others += begins && !is_hex_digit(c) ? 1 : 0;
    }
    groups.push_back(group);
    at = end;
  }
  return groups;
}

bool is_whole(const Group& group, std::size_t width) {
  return group.others == 0 && group.size == width;
}

/// The size that most groups have; 0: they are few.
std::size_t width_of(const std::vector<Group>& groups) {
  std::map<std::size_t, std::size_t> counts;
  for (const auto& group : groups) {
    counts[group.size] += group.others == 0 && group.size % 2 == 0 ? 1 : 0;
  }
  const auto most =
      std::ranges::max_element(counts, {}, [](const auto& each) { return each.second; });
  return most != counts.end() && most->second > 2 && most->first * most->second >= least_in_groups
             ? most->first
             : 0;
}

/// Of a group of so many digits, or a part of one.
bool is_damaged(const Group& group, std::size_t width) {
  return group.others < group.characters && group.characters <= width + 1 &&
         (group.others != 0 || group.size % 2 != 0);
}

/// Between groups of so many digits stands one that is damaged, or its two parts.
std::vector<DamagedDigits> damaged_groups(const std::vector<Group>& groups, std::size_t width) {
  std::vector<DamagedDigits> damaged;
  std::size_t whole = 0;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (is_whole(groups[i], width)) {
      ++whole;
      continue;
    }
    const auto ends_at = [&](std::size_t next) {
      return i > 0 && next < groups.size() && is_whole(groups[i - 1], width) &&
             is_whole(groups[next], width);
    };
    const auto& group = groups[i];
    if (ends_at(i + 1) && is_damaged(group, width) && group.characters + 1 >= width) {
      damaged.push_back({group.at, group.size, width});
    } else if (ends_at(i + 2) && (is_damaged(group, width) || is_damaged(groups[i + 1], width)) &&
               group.characters + groups[i + 1].characters + 1 >= width &&
               group.characters + groups[i + 1].characters <= width + 1) {
      const auto& other = groups[++i];
      damaged.push_back({group.at, other.at + other.size - group.at, width});
    }
  }
  return damaged.size() <= 1 + whole / intact ? damaged : std::vector<DamagedDigits>();
}

/// Characters in the place of digits of a long row, one that is too many, or a digit that lacks.
std::vector<DamagedDigits> damaged_word(const Group& group) {
  std::vector<DamagedDigits> damaged;
  const bool is_odd = group.characters % 2 != 0;
  if (group.characters < least_row || group.others > 1 + group.characters / digits_for_each) {
    return damaged;
  }
  if (is_odd && group.others == 0) {
    return {{group.at + group.size / 4 * 2, 0, 1}};
  }
  for (std::size_t at = 0; at < group.size;) {
    auto end = at + 1;
    while (end < group.size && (group.text[end] & 0xC0) == 0x80) {
      ++end;
    }
    if (!is_hex_digit(group.text[at])) {
      damaged.push_back({group.at + at, end - at, 1});
    }
    at = end;
  }
  if (is_odd && damaged.size() == 1) {
    damaged.front().digits = 0;
    return damaged;
  }
  return is_odd ? std::vector<DamagedDigits>() : damaged;
}

/// In one long row, or a blank in it.
std::vector<DamagedDigits> damaged_row(const std::vector<Group>& groups) {
  std::vector<DamagedDigits> damaged;
  std::size_t rows = 0;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const auto& group = groups[i];
    const auto* next = i + 1 < groups.size() ? &groups[i + 1] : nullptr;
    const bool is_parted = next != nullptr && next->at == group.at + group.size + 1 &&
                           group.others == 0 && next->others == 0 &&
                           std::min(group.size, next->size) >= least_half &&
                           group.size + next->size >= least_row;
    const bool is_odd = group.size % 2 != 0;
    if (is_parted && (is_odd || next->size % 2 != 0)) { // the blank is one too many, or for a digit
      damaged.push_back({group.at + group.size, 1, is_odd && next->size % 2 != 0 ? 0U : 1U});
      ++rows;
      ++i;
    } else if (auto word = damaged_word(group); !word.empty()) {
      damaged = std::move(word);
      ++rows;
    }
  }
  return rows == 1 ? damaged : std::vector<DamagedDigits>();
}

} // namespace

std::vector<DamagedDigits> damaged_digits(std::string_view line) {
  const auto groups = groups_of(line);
  const auto width = width_of(groups);
  auto damaged = width != 0 ? damaged_groups(groups, width) : std::vector<DamagedDigits>();
  return damaged.empty() ? damaged_row(groups) : damaged; // short ones may be of dates
}

std::string damage_of(std::string_view line, const std::vector<DamagedDigits>& damaged,
                      std::size_t before) {
  constexpr std::size_t around = 3;
  const auto& first = damaged.front();
  if (first.size == 0) {
    return "an odd number of hex digits: one is missing, or one too many; they are read from "
           "either end";
  }
  const auto from = first.at - std::min(first.at, around);
  return fmt::format("'{}' in column {} is no pair of hex digits: what is whole of the line is "
                     "kept",
                     line.substr(from, first.at - from + first.size + around),
                     before + first.at + 1);
}

std::string with_digits(std::string_view line, const std::vector<DamagedDigits>& damaged,
                        char digit) {
  std::string text;
  std::size_t taken = 0;
  for (const auto& each : damaged) {
    text.append(line.substr(taken, each.at - taken)).append(each.digits, digit);
    taken = each.at + each.size;
  }
  text.append(line.substr(taken));
  return text;
}

} // namespace dualcam::inline tools
