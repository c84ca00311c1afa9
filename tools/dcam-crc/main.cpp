#include "dcam-crc/options.hpp"
#include "dcam-crc/tool.hpp"

int main(int count, char** arguments) {
  dualcam::tools::prepare_standard_streams();
  const auto options = dualcam::crc::parse_crc_options(count, arguments);
  if (!options) {
    return static_cast<int>(options.error());
  }
  return static_cast<int>(dualcam::crc::CrcTool(*options).run());
}
