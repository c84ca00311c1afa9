/// \file
/// A table of claims in a folder, and parts that claim there.
#pragma once

#include <vector>

#include "dualcam/storage/claim_table.hpp"
#include "storage/resumable_testing.hpp"

namespace dualcam::tabled {

using namespace resumable;

/// A folder with a table in it.
struct Tabled {
  Tabled() {
    fs::create_directory(states);
    table = made();
  }

  std::shared_ptr<ClaimTable> made() const {
    auto created = ClaimTable::create(folder.path());
    REQUIRE(created);
    return *created;
  }

  std::vector<fs::path> tables() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(states)) {
      if (entry.path().filename().native().starts_with("claims-")) {
        found.push_back(entry.path());
      }
    }
    return found;
  }

  static void prepare(ResumableFile& file) {
    Barrier barrier;
    REQUIRE(file.prepare(barrier));
    REQUIRE(barrier.sync());
  }

  /// One step of growth, and whether it went to the table.
  bool grow(ResumableFile& file) const {
    file.share(table);
    add(file, content(), file.data().packets + 1, file.data().packets + 1);
    prepare(file);
    Barrier barrier;
    file.publish(barrier);
    const bool is_shared = !barrier.shared().empty();
    if (!barrier.sync()) {
      file.publish(barrier); // what is not known to have passed is published again
      REQUIRE(barrier.sync());
    }
    file.confirm();
    return is_shared;
  }

  /// A part with so many packets, all of them claimed, that its server was killed over.
  void leave_killed(const fs::path& name, std::uint32_t count) const {
    auto file = begin(folder.path() / name);
    REQUIRE(file);
    for (std::uint32_t packet = 0; packet < count; ++packet) {
      CHECK(grow(*file) == (packet > 0));
    }
  }

  TemporaryFolder folder;
  fs::path states = folder / ".dcam-serve";
  std::shared_ptr<ClaimTable> table;
};

} // namespace dualcam::tabled
