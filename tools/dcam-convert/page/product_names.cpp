#include "dcam-convert/page/product_names.hpp"

#include "dualcam/storage/file_names.hpp"

namespace dualcam::convert {

namespace fs = std::filesystem;

std::optional<fs::path> source_of_product(fs::path path) {
  if (path.extension() == part_suffix) {
    path.replace_extension();
  }
  const auto extension = path.extension();
  auto name = path.stem().string();
  const auto number = name.find_last_not_of("0123456789");
  if (number != name.npos && number + 1 != name.size() && name[number] == '_') { // web_1: a part's
    name.resize(number);
  }
  constexpr std::string_view mark = ".web";
  if ((extension != ".mp4" && extension != ".jpg") || !name.ends_with(mark)) {
    return std::nullopt;
  }
  return path.parent_path() / name.substr(0, name.size() - mark.size());
}

} // namespace dualcam::convert
