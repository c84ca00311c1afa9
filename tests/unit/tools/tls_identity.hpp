// Certificates made for a test.
#pragma once

#include <array>
#include <memory>
#include <string>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "common/tls_context.hpp"
#include "dualcam/wire/hex.hpp"
#include "temporary_folder.hpp"

namespace dualcam::inline tools {

/// A key and its certificate, signed by itself or by an authority.
class TlsIdentity {
public:
  struct Validity {
    long begin = -3600; ///< seconds from now
    long end = 3600;
  };

  explicit TlsIdentity(const char* name, const TlsIdentity* authority = nullptr)
      : TlsIdentity(name, authority, Validity{}) {}
  TlsIdentity(const char* name, const TlsIdentity* authority, Validity validity)
      : key_(EVP_EC_gen("P-256"), EVP_PKEY_free), certificate_(X509_new(), X509_free) {
    const auto& issuer = authority != nullptr ? *authority : *this;
    auto* certificate = certificate_.get();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial());
    X509_gmtime_adj(X509_getm_notBefore(certificate), validity.begin);
    X509_gmtime_adj(X509_getm_notAfter(certificate), validity.end);
    X509_set_pubkey(certificate, key_.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(issuer.certificate_.get()));
    if (authority == nullptr) {
      auto* extension =
          X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints, "critical,CA:TRUE");
      X509_add_ext(certificate, extension, -1);
      X509_EXTENSION_free(extension);
    }
    REQUIRE(X509_sign(certificate, issuer.key_.get(), EVP_sha256()) > 0);
  }

  std::string certificate() const {
    return pem([this](BIO* to) { return PEM_write_bio_X509(to, certificate_.get()); });
  }
  std::string key() const {
    return pem([this](BIO* to) {
      return PEM_write_bio_PrivateKey(to, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
  }
  std::string encrypted_key() const {
    return pem([this](BIO* to) {
      char secret[] = "secret";
      return PEM_write_bio_PKCS8PrivateKey(to, key_.get(), EVP_aes_128_cbc(), secret, 6, nullptr,
                                           nullptr);
    });
  }
  /// SHA-256 in hex.
  std::string fingerprint() const {
    std::array<std::byte, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    X509_digest(certificate_.get(), EVP_sha256(), reinterpret_cast<unsigned char*>(digest.data()),
                &size);
    return to_hex(Bytes(digest).first(size));
  }
  /// Writes both into a folder, as NAME.pem and NAME.key.
  TlsFiles in(const TemporaryFolder& folder, const std::string& name) const {
    const TlsFiles files{.certificate = folder.path() / (name + ".pem"),
                         .key = folder.path() / (name + ".key"),
                         .authorities = {}};
    write_file(files.certificate, certificate());
    write_file(files.key, key());
    return files;
  }

private:
  static long& serial() {
    static long last = 0;
    return last;
  }

  template <class Write> static std::string pem(Write write) {
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> memory(BIO_new(BIO_s_mem()), BIO_free_all);
    REQUIRE(write(memory.get()) == 1);
    char* text = nullptr;
    const auto size = BIO_get_mem_data(memory.get(), &text);
    return {text, static_cast<std::size_t>(size)};
  }

  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
  std::unique_ptr<X509, decltype(&X509_free)> certificate_;
};

} // namespace dualcam::inline tools
