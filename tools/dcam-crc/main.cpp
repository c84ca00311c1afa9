#include "common/unforeseen.hpp"
#include "dcam-crc/options.hpp"
#include "dcam-crc/tool.hpp"

int main(int count, char** arguments) {
  dualcam::tools::prepare_standard_streams();
  return dualcam::tools::run_tool("dcam-crc", [&] {
    const auto options = dualcam::crc::parse_crc_options(count, arguments);
    return options ? static_cast<int>(dualcam::crc::CrcTool(*options).run())
                   : static_cast<int>(options.error());
  });
}
