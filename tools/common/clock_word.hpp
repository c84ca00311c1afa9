// Times and dates among the words of a line.
#pragma once

#include <string_view>

namespace dualcam::inline tools {

/// `12:34:56`, `12:34:56.789`, `2024-10-29`, `29.10.2024`, `2024-10-29T12:34:56+02:00`, without
/// what stands around it.
bool is_time(std::string_view word);
/// `2024-10-29`: with the whole year it is no hex.
bool is_date(std::string_view word);

} // namespace dualcam::inline tools
