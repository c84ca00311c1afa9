// What is invented in place of IMEIs, positions, names, paths and addresses.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "common/tcp_segment.hpp"
#include "dcam-crc/scrub_key.hpp"
#include "dualcam/files/geo.hpp"

namespace dualcam::crc {

/// One thing always becomes the same other one, of the same length and look. Used by one thread at
/// a time.
class ScrubValues {
public:
  explicit ScrubValues(const ScrubKey& key) : key_(key) {}

  /// One whose last digit is as Luhn has it.
  std::uint64_t imei(std::uint64_t imei);

  /// Valid for valid, invalid for invalid; 0, 0 (no fix) stays.
  Position position(const Position& position) const;

  /// Each letter becomes another letter, each digit another digit; signs and blanks stay.
  std::string text(std::string_view text) const;

  /// A number, or part of one, as it stands in text: its digits become others, 0 stays 0; what is
  /// a latitude or longitude stays one.
  std::string coordinate(std::string_view number, bool is_latitude) const;

  /// The words that tell camera and medium stay, and the extension.
  std::string path(std::string_view path);
  /// What a server asks for: a path, or as much of one as some send of it; a kind stays.
  std::string request(std::string_view request);

  /// An address of the capture, before any is asked for: no invented one is to be it.
  void found(const Endpoint& endpoint) { addresses_found_.insert(endpoint.address); }
  /// The port stays.
  Endpoint address(const Endpoint& endpoint);

  /// Different ones that were replaced.
  std::size_t imeis() const { return imeis_.size(); }
  std::size_t paths() const { return paths_.size(); }
  std::size_t addresses() const { return addresses_.size(); }

private:
  using Address = std::array<std::byte, 16>;
  ScrubDraw draw_for(ScrubKey::Use use, std::string_view text, std::uint64_t attempt) const;
  double degrees(double value, double most) const;
  std::string invented_path(std::string_view path, std::uint64_t attempt) const;

  const ScrubKey& key_;
  std::set<Address> addresses_found_;
  std::set<std::uint64_t> imeis_invented_;
  std::map<std::uint64_t, std::uint64_t> imeis_;
  std::map<std::string, std::string, std::less<>> paths_;
  std::set<std::string> paths_invented_;
  std::map<Address, Address> addresses_;
  std::uint32_t next_address_ = 1;
};

} // namespace dualcam::crc
