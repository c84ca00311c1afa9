#include "dcam-serve/allow_list.hpp"

#include <cerrno>
#include <fstream>

#include <fmt/format.h>

#include "dualcam/wire/message.hpp"

namespace dualcam::serve {
namespace {

Result<void> read_list(const std::string& path, std::set<std::uint64_t>& imeis) {
  std::ifstream file(path);
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    line.erase(0, line.find_first_not_of(" \t\r"));
    line.erase(line.find_last_not_of(" \t\r") + 1);
    if (line.empty() || line.starts_with('#')) {
      continue;
    }
    const auto imei = parse_imei(line);
    if (!imei) {
      return std::unexpected(
          Error{ErrorCategory::malformed, 0,
                fmt::format("{} line {}: '{}' is no IMEI (15 digits)", path, number, line)});
    }
    imeis.insert(*imei);
  }
  return file.eof() ? Result<void>() : errno_error(errno, "cannot read " + path);
}

} // namespace

Result<AllowList> AllowList::load(const std::vector<std::string>& given) {
  AllowList list;
  list.everybody_ = given.empty();
  for (const auto& entry : given) {
    if (!entry.starts_with('@')) {
      list.imeis_.insert(*parse_imei(entry));
    } else if (const auto read = read_list(entry.substr(1), list.imeis_); !read) {
      return std::unexpected(read.error());
    }
  }
  return list;
}

} // namespace dualcam::serve
