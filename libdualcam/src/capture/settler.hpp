// The places of packets, from all that is known of them: how `settle_numbers` does it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <ranges>
#include <span>
#include <string_view>
#include <tuple>
#include <vector>

#include "capture/packet_runs.hpp"
#include "dualcam/capture/captured_transfer.hpp"

namespace dualcam {

/// One use: of one transfer, which outlives it.
class Settler {
public:
  explicit Settler(CapturedTransfer& transfer)
      : transfer_(transfer), packets_(transfer.packets), runs_(runs_of(transfer)) {
    if (const auto end = transfer.announced_end()) {
      end_ = static_cast<std::int64_t>(*end);
    }
  }

  void settle() {
    place_by_end();
    for (int pass = 0;
         pass < most_passes && (place_by_chain() || place_by_content() || place_by_resume());
         ++pass) {
    }
    confirm_ends();
    place_between();
    place_doubtful();
    apply();
  }

private:
  // Why a place was changed.
  static constexpr std::string_view by_end = "a short packet is the last one";
  static constexpr std::string_view by_what_follows = "what follows it ends the file";
  static constexpr std::string_view by_content = "packets came again with stated numbers";
  static constexpr std::string_view by_resume = "the server had asked for them";
  static constexpr std::string_view by_chain = "its CRC goes on from another packet's";
  static constexpr std::string_view by_start = "there are no more packets than START says";
  static constexpr std::string_view by_neighbours =
      "it lies between packets whose numbers are known";

  static constexpr int most_passes = 16;
  static constexpr int most_looked_at = 64; ///< runs around one
  static constexpr int most_counted = 4096; ///< runs from one whose place is known to another

  using Runs = std::vector<Run>;

  using Content = std::tuple<std::uint32_t, std::uint16_t, std::uint16_t>;
  struct Known {
    Content content;
    std::int64_t place;
    std::uint32_t packet; ///< an index
  };
  struct Places {
    std::vector<Known> by_place;
    std::vector<std::uint32_t> by_content; ///< indices of `by_place`

    /// Where a packet of this content lies, in order.
    auto of(const Content& content) const {
      const auto content_at = [this](std::uint32_t i) { return by_place[i].content; };
      return std::ranges::equal_range(by_content, content, {}, content_at) |
             std::views::transform([this](std::uint32_t i) { return by_place[i]; });
    }
  };
  struct Joint {
    std::uint16_t crc;
    std::size_t run; ///< its index in the session
    std::int64_t place;
    auto operator<=>(const Joint&) const = default;
  };

  std::int64_t place_of(std::size_t i) const {
    return static_cast<std::int64_t>(transfer_.place_of(packets_[i]));
  }
  std::int64_t extent_of(std::size_t i) const {
    return static_cast<std::int64_t>(transfer_.extent_of(packets_[i]));
  }
  std::int64_t first_place() const { return static_cast<std::int64_t>(transfer_.first_place()); }
  std::int64_t length(const Run& run) const {
    return place_of(run.end - 1) + extent_of(run.end - 1) - place_of(run.first);
  }
  std::int64_t end_of(const Run& run) const { return run.place + length(run); }
  bool fits(const Run& run, std::int64_t place) const {
    return place >= first_place() && (!end_ || place + length(run) <= *end_);
  }
  /// Between what it would have if packets had been counted from the first one on, and its place.
  std::int64_t shift_of(const Run& run) const { return run.place - place_of(run.first); }
  /// Whether its place is stated, if only by the SYNC before a packet that is damaged.
  bool is_anchor(const Run& run) const {
    return run.placed ? run.numbering == DumpNumbering::stated
                      : run.doubtful && packets_[run.first].origin == DumpOrigin::sync;
  }
  static Content content_of(const CapturedPacket& packet) {
    return {packet.content, packet.crc, packet.size};
  }

  bool is_whole(const Run& run) const;
  void put(Run& run, std::int64_t place, DumpNumbering numbering, std::string_view reason);
  void place_by_end();
  bool goes_on_elsewhere(const Run& run) const;
  bool may_be_last(const CapturedPacket& packet) const;
  void place_by_what_follows();
  bool belongs_elsewhere(Runs::const_iterator run) const;
  bool is_counted_exactly(Runs::const_iterator run) const;
  bool may_count_too_many(Runs::const_iterator run) const;
  bool may_be_miscounted(Runs::const_iterator before, Runs::const_iterator next) const;
  void confirm_ends();
  Places known_places() const;
  std::vector<Content> contents_alike() const;
  bool place_by_content();
  bool place_by_resume();
  bool place_by_content(Run& run, const Places& known);
  bool contradicts(const Run& run, std::int64_t place, const Places& known) const;
  bool proves_itself(const Run& run, const Places& known) const;
  bool came_elsewhere(const Run& run, std::int64_t place, const Places& known) const;
  std::vector<Joint> joints_of(std::span<const Run> session) const;
  bool place_by_chain();
  std::size_t reach_of_chain() const;
  static std::optional<std::int64_t> joined_at(std::size_t run, std::uint16_t crc,
                                               std::size_t reach, std::span<const Joint> joints);
  bool next_contradicts(const Run& run, std::int64_t place, const Run& next) const;
  bool place_by_chain(std::span<Run> session, std::size_t reach, std::optional<Places>& known);
  Runs::iterator next_placed(Runs::iterator run);
  std::int64_t guessed_gap(Runs::const_iterator run) const;
  std::int64_t length_of(Runs::iterator begin, Runs::iterator end) const;
  std::int64_t guessed_gaps(Runs::iterator begin, Runs::iterator end) const;
  Runs::iterator largest_gap(Runs::iterator begin, Runs::iterator end) const;
  std::int64_t within_file(std::int64_t place, std::int64_t length) const;
  void place_between();
  void place_doubtful();
  void place_doubtful(Runs::iterator run);
  bool lacks_packets(Runs::iterator run);
  void apply();

  CapturedTransfer& transfer_;
  std::deque<CapturedPacket>& packets_;
  std::optional<std::int64_t> end_; ///< of the file
  Runs runs_;
  std::optional<std::vector<Content>> alike_; ///< once it is needed
};

} // namespace dualcam
