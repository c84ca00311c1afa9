#include "common/tls_stream.hpp"

#include <array>
#include <cerrno>
#include <new>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include "dualcam/wire/hex.hpp"

namespace dualcam::inline tools {
namespace {

/// What a camera or a server is likely to run into, in our words; null: it is something else.
const char* usual_reason(int reason) {
  switch (reason) {
  case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    return "the peer knows no authority that has signed our certificate";
  case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    return "the peer takes our certificate for expired";
  case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
  case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
  case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
  case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    return "the peer does not accept our certificate";
  case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    return "the peer wants a certificate";
  case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
    return "the peer has shown no certificate";
  case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    return "the peer finds no cipher in common, or wants a certificate";
  case SSL_R_NO_SHARED_CIPHER:
    return "there is no cipher in common";
  case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
  case SSL_R_UNSUPPORTED_PROTOCOL:
    return "there is no version of TLS in common, 1.2 and 1.3 here";
  default:
    return nullptr;
  }
}

/// What OpenSSL reports, else in its words.
class TlsCategory : public std::error_category {
public:
  const char* name() const noexcept override { return "TLS"; }
  std::string message(int value) const override {
    const auto* usual = usual_reason(ERR_GET_REASON(static_cast<unsigned>(value)));
    const auto* reason =
        usual != nullptr ? usual : ERR_reason_error_string(static_cast<unsigned>(value));
    return reason != nullptr ? reason : "TLS failed";
  }
};

/// Why a certificate was not believed.
class VerificationCategory : public std::error_category {
public:
  const char* name() const noexcept override { return "certificate"; }
  std::string message(int value) const override {
    switch (value) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
      return "the server's certificate is for another name";
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "the server's certificate is for another address";
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "the peer's certificate has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "the peer's certificate is not valid yet";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "no authority that is trusted here has signed the peer's certificate";
    default:
      return X509_verify_cert_error_string(value);
    }
  }
};

const TlsCategory tls_category;
const VerificationCategory verification_category;

/// What both sides agreed on a secret with is of no use once the handshake is over. OpenSSL would
/// keep it until the connection ends: 6.5 KiB where that is X25519MLKEM768.
void forget_key_exchange(ssl_st* ssl) {
  for (const int whose : {SSL_CTRL_GET_PEER_TMP_KEY, SSL_CTRL_GET_TMP_KEY}) {
    EVP_PKEY* key = nullptr;
    if (SSL_ctrl(ssl, whose, 0, static_cast<void*>(&key)) == 1) {
      EVP_PKEY_set_type(key, EVP_PKEY_X25519); // which throws away what is in it
      EVP_PKEY_free(key);
    }
  }
}

} // namespace

void TlsStream::Free::operator()(ssl_st* ssl) const { SSL_free(ssl); }

TlsStream::TlsStream(const TlsContext& context, int socket, TlsRole role)
    : ssl_(SSL_new(context.get())) {
  if (!ssl_ || SSL_set_fd(ssl_.get(), socket) != 1) {
    throw std::bad_alloc();
  }
  role == TlsRole::server ? SSL_set_accept_state(ssl_.get()) : SSL_set_connect_state(ssl_.get());
  if (const auto& name = context.server_name(); !name.empty()) {
    SSL_set_tlsext_host_name(ssl_.get(), name.c_str());
  }
}

asio::error_code TlsStream::handshake() {
  begin_call();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    forget_key_exchange(ssl_.get());
    return {};
  }
  const auto error = error_of(result);
  const auto verified = SSL_get_verify_result(ssl_.get());
  const bool judged =
      error.category() == tls_category &&
      ERR_GET_REASON(static_cast<unsigned>(error.value())) == SSL_R_CERTIFICATE_VERIFY_FAILED;
  return judged && verified != X509_V_OK
             ? asio::error_code(static_cast<int>(verified), verification_category)
             : error;
}

TlsStream::Moved TlsStream::read(std::span<std::byte> buffer) {
  std::size_t count = 0;
  while (count < buffer.size() && !broken_) {
    begin_call();
    std::size_t piece = 0;
    const int result =
        SSL_read_ex(ssl_.get(), buffer.data() + count, buffer.size() - count, &piece);
    if (result != 1) {
      const auto error = error_of(result);
      if (error == asio::error::would_block) {
        return {count, count == 0 ? error : asio::error_code()};
      }
      broken_ = error;
    }
    count += piece;
  }
  return {count, count == 0 ? broken_ : asio::error_code()};
}

TlsStream::Moved TlsStream::write(Bytes bytes) {
  begin_call();
  std::size_t count = 0;
  const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count);
  return {count, result == 1 ? asio::error_code() : error_of(result)};
}

void TlsStream::say_goodbye() {
  if (SSL_is_init_finished(ssl_.get()) == 1) {
    SSL_shutdown(ssl_.get());
  }
  ERR_clear_error();
}

bool TlsStream::has_pending() const { return SSL_has_pending(ssl_.get()) == 1; }

std::string TlsStream::fingerprint() const {
  std::array<std::byte, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  const std::unique_ptr<X509, void (*)(X509*)> certificate(SSL_get1_peer_certificate(ssl_.get()),
                                                           X509_free);
  if (!certificate || X509_digest(certificate.get(), EVP_sha256(),
                                  reinterpret_cast<unsigned char*>(digest.data()), &size) != 1) {
    return {};
  }
  return to_hex(Bytes(digest).first(size));
}

void TlsStream::begin_call() {
  ERR_clear_error();
  errno = 0;
  wants_to_write_ = false;
}

asio::error_code TlsStream::error_of(int result) {
  const int reason = errno;
  const int kind = SSL_get_error(ssl_.get(), result);
  wants_to_write_ = kind == SSL_ERROR_WANT_WRITE;
  switch (kind) {
  case SSL_ERROR_WANT_READ:
  case SSL_ERROR_WANT_WRITE:
    return asio::error::would_block;
  case SSL_ERROR_ZERO_RETURN:
    return asio::error::eof;
  case SSL_ERROR_SYSCALL:
    return reason == 0 ? asio::error::eof
                       : asio::error_code(reason, asio::error::get_system_category());
  default:
    return {static_cast<int>(ERR_peek_error()), tls_category};
  }
}

} // namespace dualcam::inline tools
