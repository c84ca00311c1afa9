#include "common/tls_context.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "common/descriptor.hpp"
#include "common/units.hpp"

namespace dualcam::inline tools {
namespace {

constexpr std::size_t largest_file = std::size_t{1} << 20;
constexpr long largest_peer_chain = 32 << 10;
constexpr auto ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

template <auto function> struct Release {
  template <class T> void operator()(T* object) const { function(object); }
};
using Certificate = std::unique_ptr<X509, Release<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using Source = std::unique_ptr<BIO, Release<BIO_free_all>>;

std::unexpected<Error> bad_file(const std::filesystem::path& path, std::string_view why) {
  ERR_clear_error();
  return std::unexpected(
      Error{ErrorCategory::malformed, 0, fmt::format("{}: {}", path.native(), why)});
}

/// A file's bytes, which leave no copy in memory: there may be a key among them.
class Secret {
public:
  Secret() : bytes_(largest_file + 1) {}
  ~Secret() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  Result<void> read(const std::filesystem::path& path) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.get() < 0) {
      return errno_error(errno, "cannot read " + path.native());
    }
    for (;;) {
      const auto got = ::read(file.get(), bytes_.data() + size_, bytes_.size() - size_);
      if (got < 0 && errno != EINTR) {
        return errno_error(errno, "cannot read " + path.native());
      }
      size_ += got > 0 ? static_cast<std::size_t>(got) : 0;
      if (size_ > largest_file) {
        return bad_file(path, "more than 1 MiB: no PEM file of certificates or of a key");
      }
      if (got == 0) {
        return {};
      }
    }
  }

  Source source() const { return Source(BIO_new_mem_buf(bytes_.data(), static_cast<int>(size_))); }
  std::string_view text() const { return {bytes_.data(), size_}; }

private:
  std::vector<char> bytes_;
  std::size_t size_ = 0;
};

/// Instead of OpenSSL's, which asks the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

std::string day_of(const ASN1_TIME* time) {
  std::tm parts{};
  std::array<char, 32> text{};
  return ASN1_TIME_to_tm(time, &parts) == 1 &&
                 std::strftime(text.data(), text.size(), "%FT%TZ", &parts) != 0
             ? text.data()
             : "an unknown time";
}

/// Why it is not valid now; empty if it is.
std::string not_valid(const X509* certificate) {
  if (const auto* end = X509_get0_notAfter(certificate); X509_cmp_current_time(end) < 0) {
    return "the certificate has expired on " + day_of(end);
  }
  if (const auto* begin = X509_get0_notBefore(certificate); X509_cmp_current_time(begin) > 0) {
    return "the certificate is not valid before " + day_of(begin);
  }
  return {};
}

/// All of a file, at least one.
Result<std::vector<Certificate>> read_certificates(const std::filesystem::path& path) {
  Secret content;
  if (const auto read = content.read(path); !read) {
    return std::unexpected(read.error());
  }
  const auto source = content.source();
  std::vector<Certificate> all;
  while (auto* one = PEM_read_bio_X509(source.get(), nullptr, no_passphrase, nullptr)) {
    all.emplace_back(one);
  }
  const auto error = ERR_peek_last_error();
  const bool at_end =
      ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end) {
    return bad_file(path, "a certificate in it is damaged");
  }
  if (all.empty()) {
    return bad_file(path, "no certificate in PEM form (-----BEGIN CERTIFICATE-----)");
  }
  return all;
}

Result<Key> read_key(const std::filesystem::path& path) {
  Secret content;
  if (const auto read = content.read(path); !read) {
    return std::unexpected(read.error());
  }
  Key key(PEM_read_bio_PrivateKey(content.source().get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  if (key) {
    return key;
  }
  const auto text = content.text();
  if (text.find("ENCRYPTED") != text.npos) {
    return bad_file(path, "the key is encrypted, and nobody is asked for a passphrase; decrypt it: "
                          "openssl pkey -in FILE -out NEW");
  }
  return bad_file(path, text.find("PRIVATE KEY-----") != text.npos
                            ? "the private key in it is damaged"
                            : "no private key in PEM form (-----BEGIN PRIVATE KEY-----)");
}

/// In OpenSSL's words, of the last call that failed.
std::string openssl_reason() {
  const auto* reason = ERR_reason_error_string(ERR_peek_last_error());
  return reason != nullptr ? reason : "OpenSSL does not say why";
}

/// Of a key that is not the first certificate's.
std::string whose_key(const std::vector<Certificate>& chain, const EVP_PKEY* key,
                      const std::string& path) {
  for (std::size_t i = 1; i < chain.size(); ++i) {
    if (X509_check_private_key(chain[i].get(), key) == 1) {
      return fmt::format("the key of certificate {} in {}, which has to be the first", i + 1, path);
    }
  }
  return "the key of another certificate than " + path;
}

Result<void> use_certificate(SSL_CTX* context, const TlsFiles& files) {
  const auto chain = read_certificates(files.certificate);
  if (!chain) {
    return std::unexpected(chain.error());
  }
  const auto key = read_key(files.key);
  if (!key) {
    return std::unexpected(key.error());
  }
  for (const auto& certificate : *chain) {
    if (const auto why = not_valid(certificate.get()); !why.empty()) {
      return bad_file(files.certificate, why);
    }
  }
  if (SSL_CTX_use_certificate(context, chain->front().get()) != 1) {
    return bad_file(files.certificate, openssl_reason());
  }
  if (X509_check_private_key(chain->front().get(), key->get()) != 1) {
    return bad_file(files.key, whose_key(*chain, key->get(), files.certificate.native()));
  }
  if (SSL_CTX_use_PrivateKey(context, key->get()) != 1) {
    return bad_file(files.key, openssl_reason());
  }
  for (auto each = chain->begin() + 1; each != chain->end(); ++each) {
    if (SSL_CTX_add1_chain_cert(context, each->get()) != 1) {
      return bad_file(files.certificate, openssl_reason());
    }
  }
  return {};
}

Result<void> use_authorities(SSL_CTX* context, const std::filesystem::path& path) {
  const auto all = read_certificates(path);
  if (!all) {
    return std::unexpected(all.error());
  }
  std::string why;
  std::size_t valid = 0;
  for (const auto& authority : *all) {
    const auto reason = not_valid(authority.get());
    valid += reason.empty() ? 1 : 0;
    why = why.empty() ? reason : why;
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()) != 1 ||
        SSL_CTX_add_client_CA(context, authority.get()) != 1) {
      return bad_file(path, openssl_reason());
    }
  }
  return valid == 0 ? bad_file(path, why) : Result<void>();
}

bool names_addresses(X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, Release<GENERAL_NAMES_free>> names(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    if (sk_GENERAL_NAME_value(names.get(), i)->type == GEN_IPADD) {
      return true;
    }
  }
  return false;
}

/// To a certificate of names alone an address says nothing.
int judge(int good, X509_STORE_CTX* chain) {
  if (good == 0 && X509_STORE_CTX_get_error(chain) == X509_V_ERR_IP_ADDRESS_MISMATCH &&
      !names_addresses(X509_STORE_CTX_get0_cert(chain))) {
    X509_STORE_CTX_set_error(chain, X509_V_OK);
    return 1;
  }
  return good;
}

} // namespace

TlsContext::TlsContext(ssl_ctx_st* context) : context_(context, SSL_CTX_free) {
  if (context == nullptr) {
    throw std::bad_alloc();
  }
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, ciphers);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_max_cert_list(context, largest_peer_chain);
  // One record a call: what is not data costs the peer a turn, too.
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

Result<void> TlsContext::use(const TlsFiles& files) {
  ERR_clear_error();
  if (!files.certificate.empty()) {
    if (const auto used = use_certificate(get(), files); !used) {
      return used;
    }
  }
  if (!files.authorities.empty()) {
    if (const auto used = use_authorities(get(), files.authorities); !used) {
      return used;
    }
    SSL_CTX_set_verify(get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    asks_for_certificates_ = true;
  }
  return {};
}

Result<TlsContext> TlsContext::server(const TlsFiles& files) {
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  const auto used = context.use(files);
  return used ? Result<TlsContext>(context) : std::unexpected(used.error());
}

void TlsContext::expect_host(std::string_view host) {
  auto* expected = SSL_CTX_get0_param(get());
  const std::string address(host.substr(0, host.find('%'))); // without an interface
  if (X509_VERIFY_PARAM_set1_ip_asc(expected, address.c_str()) == 1) {
    SSL_CTX_set_verify(get(), SSL_CTX_get_verify_mode(get()), judge);
    return;
  }
  ERR_clear_error();
  server_name_ = host.substr(0, host.size() - (host.ends_with('.') ? 1 : 0));
  X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (X509_VERIFY_PARAM_set1_host(expected, server_name_.data(), server_name_.size()) != 1) {
    throw std::bad_alloc();
  }
}

Result<TlsContext> TlsContext::client(const TlsFiles& files, std::string_view host) {
  TlsContext context(SSL_CTX_new(TLS_client_method()));
  const auto used = context.use(files);
  if (!host.empty()) {
    context.expect_host(host);
  }
  return used ? Result<TlsContext>(context) : std::unexpected(used.error());
}

} // namespace dualcam::inline tools
