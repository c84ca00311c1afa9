#include <fmt/format.h>

#include "common/descriptor_limit.hpp"
#include "common/unforeseen.hpp"
#include "dcam-serve/admission.hpp"
#include "dcam-serve/options.hpp"
#include "dcam-serve/server.hpp"

namespace dualcam::serve {
namespace {

/// Before anything is opened that might find no descriptor.
bool has_descriptors(const ServeOptions& options) {
  const auto limit = allow_many_descriptors();
  if (options.only_looks() || limit >= least_descriptors) {
    return true;
  }
  Console("dcam-serve", options.common)
      .error(fmt::format("the limit of open files (ulimit -n {}) is too low to serve a camera: at "
                         "least {} are needed",
                         limit, least_descriptors));
  return false;
}

} // namespace
} // namespace dualcam::serve

int main(int count, char** arguments) {
  dualcam::tools::prepare_standard_streams();
  return dualcam::tools::run_tool("dcam-serve", [&] {
    const auto options = dualcam::serve::parse_serve_options(count, arguments);
    if (!options) {
      return static_cast<int>(options.error());
    }
    if (!dualcam::serve::has_descriptors(*options)) {
      return static_cast<int>(dualcam::tools::ExitCode::io);
    }
    dualcam::serve::Server server(*options);
    server.reread_by([&] { return dualcam::serve::reparse_serve_options(count, arguments); });
    return server.run();
  });
}
