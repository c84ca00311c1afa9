// Certificates and their keys, made anew where they are used.
#pragma once

#include <cstdio>
#include <memory>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "common/tls_context.hpp"
#include "dualcam/wire/hex.hpp"
#include "temporary_folder.hpp"

namespace dualcam {

/// For two days, in PEM files that are there as long as it is.
class Certificate {
public:
  /// Signed by `authority`, which outlives it, or by itself: then it may be one.
  explicit Certificate(const Certificate* authority = nullptr) {
    const auto& signer = authority != nullptr ? *authority : *this;
    auto* certificate = certificate_.get();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), authority != nullptr ? 2 : 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -day);
    X509_gmtime_adj(X509_getm_notAfter(certificate), day);
    X509_set_pubkey(certificate, key_.get());
    const auto* name = reinterpret_cast<const unsigned char*>(authority != nullptr ? "it" : "ca");
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC, name, -1, -1,
                               0);
    X509_set_issuer_name(certificate, X509_get_subject_name(signer.certificate_.get()));
    if (authority == nullptr) {
      auto* may_sign =
          X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints, "critical,CA:TRUE");
      X509_add_ext(certificate, may_sign, -1);
      X509_EXTENSION_free(may_sign);
    }
    REQUIRE(X509_sign(certificate, signer.key_.get(), EVP_sha256()) > 0);
    write(path(), [&](auto* file) { return PEM_write_X509(file, certificate); });
    write(key(), [&](auto* file) {
      return PEM_write_PrivateKey(file, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
  }

  fs::path path() const { return folder_ / "certificate.pem"; }
  fs::path key() const { return folder_ / "key.pem"; }
  /// For whoever shows it, and believes nobody, or `authority`.
  TlsFiles files(const Certificate* authority = nullptr) const {
    return {path(), key(), authority != nullptr ? authority->path() : fs::path()};
  }
  /// SHA-256 in hex.
  std::string fingerprint() const {
    std::array<std::byte, 32> digest{};
    X509_digest(certificate_.get(), EVP_sha256(), reinterpret_cast<unsigned char*>(digest.data()),
                nullptr);
    return to_hex(digest);
  }

private:
  static constexpr long day = 86'400;

  template <class Write> static void write(const fs::path& path, Write content) {
    auto* file = std::fopen(path.c_str(), "w");
    REQUIRE(file != nullptr);
    REQUIRE(content(file) == 1);
    std::fclose(file);
  }

  TemporaryFolder folder_;
  std::unique_ptr<X509, decltype(&X509_free)> certificate_{X509_new(), X509_free};
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_{EVP_EC_gen("P-256"), EVP_PKEY_free};
};

} // namespace dualcam
