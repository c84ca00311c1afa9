// Command lines for people to paste, and those that people give.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace dualcam::inline tools {

/// One word of a POSIX shell, quoted only where it must be.
std::string shell_word(std::string_view text);

/// The words of a command, spaces between.
std::string shell_command(const std::vector<std::string>& words);

/// The words of a command as a shell sees them: quotes and backslashes count; nothing is expanded,
/// and `|`, `>`, `;`, `$` and `*` are characters like any other. The error says what is wrong.
std::expected<std::vector<std::string>, std::string> split_command(std::string_view text);

} // namespace dualcam::inline tools
