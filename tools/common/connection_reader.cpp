#include "common/connection_reader.hpp"

#include <utility>

namespace dualcam::inline tools {
namespace {

constexpr std::size_t piece_cost = 64; ///< beside its bytes

/// STATUS and CLOSE look the same from both ends, and a skipped stretch is nothing.
bool is_telling(const DumpEvent& event) {
  return !std::holds_alternative<DumpSkipped>(event) &&
         !std::holds_alternative<DumpStatus>(event) &&
         !std::holds_alternative<DumpServerCommand>(event);
}

/// RFC 8446: a record with a greeting of either side.
bool is_tls_handshake(Bytes first_bytes) {
  constexpr std::size_t record_header = 5;
  if (first_bytes.size() <= record_header || first_bytes[0] != std::byte{0x16} ||
      first_bytes[1] != std::byte{3} || first_bytes[2] > std::byte{4}) {
    return false;
  }
  const auto message = first_bytes[record_header];
  return message == std::byte{1} || message == std::byte{2};
}

} // namespace

void ConnectionReader::piece(const TcpPiece& piece, const Take& take) {
  speaks_first_ = speaks_first_.value_or(device_is_a_.value_or(piece.from_a));
  if (piece.from_a != *speaks_first_) {
    own_piece(piece, take);
    return;
  }
  if (piece.missing != 0) {
    own_piece({piece.from_a, header_.finish(), 0}, take);
    own_piece({piece.from_a, {}, piece.missing}, take);
  }
  const bool was_found = header_.found() != nullptr;
  const auto own = header_.bytes(piece.bytes);
  if (header_.found() != nullptr && !was_found) {
    device_is_a_ = piece.from_a;
    reader_ = DumpReader({.initial = std::nullopt, .first = header_.found()->size});
  }
  own_piece({piece.from_a, own, 0}, take);
}

/// Of what the end itself says.
void ConnectionReader::own_piece(const TcpPiece& piece, const Take& take) {
  if (piece.bytes.empty() && piece.missing == 0) {
    return;
  }
  if (!std::exchange(has_begun_, true)) {
    is_tls_ = is_tls_handshake(piece.bytes);
  }
  if (device_is_a_) {
    deliver(piece, take);
    return;
  }
  if (given_up_) {
    return;
  }
  if (held_.empty() || held_.back().from_a != piece.from_a || piece.missing != 0) {
    held_.push_back({piece.from_a, {}, piece.missing});
    held_bytes_ += piece_cost;
  }
  append(held_.back().bytes, piece.bytes);
  held_bytes_ += piece.bytes.size();
  if (held_bytes_ >= next_try_) {
    next_try_ = held_bytes_ * 2;
    find_device(false, take);
  }
}

void ConnectionReader::finish(const Take& take) {
  own_piece({speaks_first_.value_or(true), header_.finish(), 0}, take);
  if (!device_is_a_) {
    find_device(true, take);
  }
  if (device_is_a_) {
    reader_.finish();
    drain(take);
  }
}

bool ConnectionReader::speaks_like_device(bool from_a, bool at_end) const {
  DumpReader reader;
  const auto telling = [&] {
    bool found = false;
    while (const auto event = reader.poll()) {
      found = found || is_telling(*event);
    }
    return found;
  };
  for (const auto& held : held_) {
    if (held.from_a != from_a) {
      continue;
    }
    if (held.missing != 0) {
      reader.missing(held.missing);
      if (telling()) {
        return true;
      }
    }
    reader.received(held.bytes);
    if (telling()) {
      return true;
    }
  }
  if (at_end) {
    reader.finish();
  }
  return telling();
}

void ConnectionReader::find_device(bool at_end, const Take& take) {
  for (const bool from_a : {true, false}) {
    if (!device_is_a_ && speaks_like_device(from_a, at_end)) {
      device_is_a_ = from_a;
    }
  }
  if (!device_is_a_) {
    given_up_ = held_bytes_ > most_held;
    if (given_up_) {
      held_ = {};
      held_bytes_ = 0;
    }
    return;
  }
  held_bytes_ = 0;
  for (const auto& held : std::exchange(held_, {})) {
    deliver({held.from_a, held.bytes, held.missing}, take);
  }
}

void ConnectionReader::deliver(const TcpPiece& piece, const Take& take) {
  if (piece.from_a != *device_is_a_) {
    if (piece.missing != 0) {
      reader_.server_lost();
    } else {
      reader_.server_received(piece.bytes);
    }
    drain(take);
    return;
  }
  if (piece.missing != 0) {
    reader_.missing(piece.missing);
    drain(take);
  }
  if (!piece.bytes.empty()) {
    reader_.received(piece.bytes);
    drain(take);
  }
}

void ConnectionReader::drain(const Take& take) {
  while (const auto event = reader_.poll()) {
    if (is_camera_) {
      take(*event);
    } else if (const auto* skipped = std::get_if<DumpSkipped>(&*event)) {
      first_skipped_ = *skipped;
    } else if (is_telling(*event)) {
      is_camera_ = true;
      if (first_skipped_) {
        take(*first_skipped_);
      }
      take(*event);
    }
  }
}

} // namespace dualcam::inline tools
