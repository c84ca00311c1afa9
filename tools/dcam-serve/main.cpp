#include "dcam-serve/options.hpp"
#include "dcam-serve/server.hpp"

int main(int count, char** arguments) {
  dualcam::prepare_standard_streams();
  const auto options = dualcam::parse_serve_options(count, arguments);
  if (!options) {
    return static_cast<int>(options.error());
  }
  return dualcam::Server(*options).run();
}
