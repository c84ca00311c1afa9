#include "dualcam/wire/opener.hpp"

#include "dualcam/wire/hex.hpp"
#include "dualcam/wire/message.hpp"

#include <algorithm>

namespace dualcam {
namespace {

constexpr std::size_t shown_bytes = 4;

bool is_digit(std::byte byte) { return byte >= std::byte{'0'} && byte <= std::byte{'9'}; }

bool begins_http(std::string_view text) {
  constexpr std::array<std::string_view, 8> methods{"GET ", "POST", "HEAD", "PUT ",
                                                    "OPTI", "DELE", "CONN", "PRI "};
  return std::ranges::find(methods, text.substr(0, 4)) != methods.end();
}

/// 000F and digits, whole only with the 15th.
Opener recognise_avl_handshake(Bytes bytes) {
  const auto imei = bytes.subspan(2).first(std::min(bytes.size() - 2, std::size_t{15}));
  if (!std::ranges::all_of(imei, is_digit)) {
    return Opener::unknown;
  }
  return imei.size() == 15 ? Opener::avl_handshake : Opener::unfinished;
}

/// Of a handshake.
std::string_view imei_text(Bytes first_bytes) { return as_text(first_bytes.subspan(2, 15)); }

constexpr std::string_view tracking_advice =
    "this device sends tracking data (AVL): set Domain and Port in its camera settings, and leave "
    "this port out of its server settings";

} // namespace

Opener recognise(Bytes first_bytes) {
  if (first_bytes.size() < shown_bytes) {
    return Opener::unfinished;
  }
  const auto head = load_be<std::uint32_t>(first_bytes);
  if (head >> 16 == 0x000F) {
    return recognise_avl_handshake(first_bytes);
  }
  if (head == 0) {
    return Opener::avl_data;
  }
  if (head >> 16 == 0) {
    return Opener::camera;
  }
  if (head >> 16 == 0x0300) { // TPKT version 3
    return Opener::rdp;
  }
  if (head >> 16 == 0x1603) { // a handshake record, major version 3
    return Opener::tls;
  }
  if (head == 0x50524F58 || head == 0x0D0A0D0A) { // "PROX", the signature of version 2
    return Opener::proxy;
  }
  return begins_http(as_text(first_bytes)) ? Opener::http : Opener::unknown;
}

bool begins_with_init(Bytes first_bytes) {
  return first_bytes.size() >= init_size && recognise(first_bytes) == Opener::camera &&
         decode(Sender::device, 0, first_bytes.subspan(2, init_size - 2));
}

std::string describe(Opener opener, Bytes first_bytes) {
  switch (opener) {
  case Opener::camera:
    return "a camera";
  case Opener::avl_handshake:
    return "IMEI " + std::string(imei_text(first_bytes)) + ": " + std::string(tracking_advice);
  case Opener::avl_data:
    return std::string(tracking_advice);
  case Opener::http:
    return "not a camera: HTTP";
  case Opener::rdp:
    return "not a camera: RDP";
  case Opener::tls:
    return "it speaks TLS to a plain port";
  case Opener::proxy:
    return "a balancer's PROXY header on a port that expects none";
  case Opener::unfinished:
    return first_bytes.empty() ? "it said nothing"
                               : "not a camera: it said no more than " + to_hex(first_bytes);
  case Opener::unknown:
    break;
  }
  return "not a camera: it opened with " + to_hex(first_bytes.first(shown_bytes));
}

std::optional<std::uint64_t> tracker_imei(Bytes first_bytes) {
  return recognise(first_bytes) == Opener::avl_handshake ? parse_imei(imei_text(first_bytes))
                                                         : std::nullopt;
}

} // namespace dualcam
