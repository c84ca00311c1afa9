// What a server has around it: other servers on its folder, the room there, who reads its figures.
#include <fmt/format.h>

#include "common/coroutine.hpp"
#include "common/escape.hpp"
#include "common/replaced_file.hpp"
#include "dcam-serve/connection.hpp"
#include "dcam-serve/output_folder.hpp"
#include "dcam-serve/room.hpp"
#include "dcam-serve/server.hpp"

namespace dualcam::serve {

/// Where several servers store their files in one folder.
void Server::meet_neighbours() {
  const auto root = destination_->state_root();
  if (!root) {
    return;
  }
  neighbours_.emplace(CameraLocks(options_.output, *root), disks_.root(), clock_,
                      reporter_.console());
  const auto silent = [this] {
    std::vector<std::uint64_t> cameras;
    for (const auto* connection : connections_) {
      if (connection->serves() && connection->is_overdue(clock_.now())) {
        cameras.push_back(*connection->serves());
      }
    }
    return cameras;
  };
  const auto give_way = [this](std::uint64_t imei) {
    for (auto* connection : connections_) {
      if (connection->serves() == imei && connection->is_overdue(clock_.now())) {
        connection->give_way("another server takes this camera over");
      }
    }
  };
  asio::co_spawn(io_, neighbours_->run(silent, give_way), rethrow);
}

std::string Server::no_room() const {
  return destination_->state_root() ? why_no_room(options_.output, options_.min_free) : "";
}

/// A server with cameras to serve begins all the same.
bool Server::check_metrics() {
  const auto why = options_.metrics.empty() ? "" : why_not_replaced(options_.metrics);
  return why.empty() ||
         refuse({ErrorCategory::io, 0,
                 fmt::format("cannot write to --metrics {}: {}", options_.metrics.string(), why)});
}

void Server::export_metrics() {
  if (options_.metrics.empty()) {
    return;
  }
  exporter_.emplace(options_.metrics, io_, clock_, reporter_.console(),
                    [this] { return metrics(); });
  asio::co_spawn(io_, exporter_->run(), rethrow);
}

Metrics Server::metrics() const {
  Metrics metrics;
  reporter_.add_to(metrics);
  metrics.connections = connections_.size();
  metrics.places = places_;
  metrics.connections_so_far = connections_so_far_;
  metrics.received = received_;
  const auto disks = disks_.figures();
  metrics.commits = disks.pass_times;
  metrics.oldest_unsaved = std::chrono::duration<double>(disks.oldest).count();
  for (const auto* connection : connections_) {
    metrics.cameras += connection->serves().has_value() ? 1 : 0;
    metrics.transfers += connection->upload().transfer() != nullptr ? 1 : 0;
  }
  return metrics;
}

} // namespace dualcam::serve
