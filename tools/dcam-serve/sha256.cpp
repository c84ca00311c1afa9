#include "dcam-serve/sha256.hpp"

#include <array>
#include <cerrno>
#include <new>

#include "dualcam/storage/durable.hpp"
#include "dualcam/storage/part_file.hpp"
#include "dualcam/wire/hex.hpp"

namespace dualcam::serve {

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1) {
    throw std::bad_alloc();
  }
}

void Sha256::add(Bytes bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }

std::string Sha256::hex() {
  std::array<std::byte, EVP_MAX_MD_SIZE> value{};
  unsigned size = 0;
  EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(value.data()), &size);
  return to_hex(Bytes(value).first(size));
}

Result<std::string> sha256_of(const std::filesystem::path& path) {
  const auto file = PartFile::open(path, path, Access::read);
  if (!file || !*file) {
    return file ? io_error("open", path, ENOENT) : std::unexpected(file.error());
  }
  const auto size = (*file)->size();
  if (!size) {
    return std::unexpected(size.error());
  }
  Sha256 sum;
  const auto read = (*file)->read_each(0, *size, [&sum](Bytes block) { sum.add(block); });
  return read ? Result<std::string>(sum.hex()) : std::unexpected(read.error());
}

} // namespace dualcam::serve
