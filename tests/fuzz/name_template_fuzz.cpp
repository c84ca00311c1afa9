// File names: whatever the template and the values, the path stays below the output folder.
#include <cstdlib>
#include <string>

#include "dcam-serve/name_template.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dualcam::serve;
  const std::string input(reinterpret_cast<const char*>(data), size);
  const auto end = input.find('\n');
  const auto value = end == std::string::npos ? input : input.substr(end + 1);
  const auto name = NameTemplate::parse(input.substr(0, end));
  if (!name) {
    return 0;
  }
  const auto path = name->expand({value, value, value, value, value, value, value, value, value});
  const auto full = std::filesystem::path("/out") / path;
  bool safe = path.is_relative() && !path.filename().empty() && full == full.lexically_normal();
  for (const auto& component : path) {
    const auto& text = component.native();
    safe = safe && !text.empty() && text != "." && text != ".." && text.front() != '-' &&
           text.size() <= 220 && text.find('\0') == std::string::npos;
  }
  if (!safe) {
    std::abort();
  }
  return 0;
}
