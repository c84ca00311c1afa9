#include "common/unforeseen.hpp"
#include "dcam-serve/dry_run.hpp"
#include "dcam-serve/options.hpp"
#include "dcam-serve/server.hpp"

int main(int count, char** arguments) {
  dualcam::tools::prepare_standard_streams();
  return dualcam::tools::run_tool("dcam-serve", [&] {
    const auto options = dualcam::serve::parse_serve_options(count, arguments);
    if (!options) {
      return static_cast<int>(options.error());
    }
    if (options->dry_run) {
      return static_cast<int>(dualcam::serve::print_paths(*options));
    }
    dualcam::serve::Server server(*options);
    server.reread_by([&] { return dualcam::serve::parse_serve_options(count, arguments); });
    return server.run();
  });
}
