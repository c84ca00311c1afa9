#include "dcam-meta/options.hpp"
#include "dcam-meta/tool.hpp"

int main(int count, char** arguments) {
  dualcam::tools::prepare_standard_streams();
  const auto options = dualcam::meta::parse_meta_options(count, arguments);
  if (!options) {
    return static_cast<int>(options.error());
  }
  return static_cast<int>(dualcam::meta::MetaTool(*options).run());
}
