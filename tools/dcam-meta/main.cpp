#include "common/unforeseen.hpp"
#include "dcam-meta/options.hpp"
#include "dcam-meta/tool.hpp"

int main(int count, char** arguments) {
  dualcam::tools::prepare_standard_streams();
  return dualcam::tools::run_tool("dcam-meta", [&] {
    const auto options = dualcam::meta::parse_meta_options(count, arguments);
    return options ? static_cast<int>(dualcam::meta::MetaTool(*options).run())
                   : static_cast<int>(options.error());
  });
}
