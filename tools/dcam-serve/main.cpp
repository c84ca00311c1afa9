#include "common/unforeseen.hpp"
#include "dcam-serve/options.hpp"
#include "dcam-serve/server.hpp"

int main(int count, char** arguments) {
  dualcam::tools::prepare_standard_streams();
  return dualcam::tools::run_tool("dcam-serve", [&] {
    const auto options = dualcam::serve::parse_serve_options(count, arguments);
    if (!options) {
      return static_cast<int>(options.error());
    }
    dualcam::serve::Server server(*options);
    server.reread_by([&] { return dualcam::serve::reparse_serve_options(count, arguments); });
    return server.run();
  });
}
