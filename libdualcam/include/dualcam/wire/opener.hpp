/// \file
/// What a peer's first bytes say about who it is: a camera, or one of the others that really
/// connect to a camera port (dualcam-protocol(7), WHO ELSE CONNECTS).
///
/// The functions may be called from any thread and keep nothing of the bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "dualcam/wire/bytes.hpp"

namespace dualcam {

/// Who is there.
enum class Opener {
  unfinished,    ///< more bytes are needed to tell
  camera,        ///< INIT, if its protocol is not beyond `highest_protocol` (message.hpp)
  avl_handshake, ///< a tracker's tracking connection: 000F and 15 digits of IMEI
  avl_data,      ///< the same, going on: 00000000 and AVL data
  http,          ///< a request, of a scanner as a rule
  rdp,           ///< a scanner for remote desktops
  tls,           ///< a TLS hello, to a plain port
  proxy,         ///< a balancer, which says for whom it connects: PROXY protocol 1 or 2
  unknown,       ///< none of these
};

/// The most bytes `recognise` ever looks at.
inline constexpr std::size_t longest_opener = 17;

/// Tells from the first bytes of a connection; the answer never depends on how they were cut, only
/// `unfinished` turns into another one as more arrive.
Opener recognise(Bytes first_bytes);

/// Whether a whole INIT stands first, of any protocol but 0 and with an IMEI of 15 digits at most;
/// its settings may be anything. false, too: the bytes are too few.
bool begins_with_init(Bytes first_bytes);

/// A sentence for logs: what this peer is and, where the user can do something, what. `first_bytes`
/// are those that gave `opener`: they are shown as hex for `unknown` and `unfinished`, the IMEI for
/// `avl_handshake`.
std::string describe(Opener opener, Bytes first_bytes);

/// The IMEI that an `avl_handshake` says; of all others nullopt.
std::optional<std::uint64_t> tracker_imei(Bytes first_bytes);

} // namespace dualcam
