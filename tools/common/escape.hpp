// Strings from devices and files, made safe for terminals and logs.
#pragma once

#include <string>
#include <string_view>

namespace dualcam::inline tools {

/// Printable ASCII and well-formed UTF-8 stay; control bytes (C0, DEL, C1), backslashes and bytes
/// that are no UTF-8 become `\xHH`.
std::string escaped(std::string_view text);

} // namespace dualcam::inline tools
