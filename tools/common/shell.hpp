// Command lines for people to paste.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dualcam {

/// One word of a POSIX shell, quoted only where it must be.
std::string shell_word(std::string_view text);

/// The words of a command, spaces between.
std::string shell_command(const std::vector<std::string>& words);

} // namespace dualcam
