#include "dcam-crc/options.hpp"
#include "dcam-crc/tool.hpp"

int main(int count, char** arguments) {
  dualcam::prepare_standard_streams();
  const auto options = dualcam::parse_crc_options(count, arguments);
  if (!options) {
    return static_cast<int>(options.error());
  }
  return static_cast<int>(dualcam::CrcTool(*options).run());
}
