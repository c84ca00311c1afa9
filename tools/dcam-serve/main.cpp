#include "dcam-serve/options.hpp"
#include "dcam-serve/server.hpp"

int main(int count, char** arguments) {
  dualcam::tools::prepare_standard_streams();
  const auto options = dualcam::serve::parse_serve_options(count, arguments);
  if (!options) {
    return static_cast<int>(options.error());
  }
  return dualcam::serve::Server(*options).run();
}
